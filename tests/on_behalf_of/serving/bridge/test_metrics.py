"""The bridge's metrics at /metrics."""

import re
from typing import Any

import pytest

from on_behalf_of.mcp.observer import KNOWN_REASONS, bounded
from on_behalf_of.primitives.circuit_breaker import CircuitBreaker
from on_behalf_of.resource_server.refusals import Reason
from on_behalf_of.serving.metrics.bridge import observed
from on_behalf_of.serving.metrics.measurements import Measurements
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.sharing import Process
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio


@pytest.fixture
def measurements(bridge: RunningBridge) -> Measurements:
    measurements = Measurements()
    bridge.configure(observer=observed(measurements))
    return measurements


def samples(measurements: Measurements, name: str) -> dict[str, float]:
    """Return the samples by their labels, without zeros."""
    found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", measurements.text().decode(), re.MULTILINE)
    return {labels: float(value) for labels, value in found if float(value)}


async def test_exchanges_look_ups_and_calls_are_counted_with_their_outcomes(
    bridge: RunningBridge, measurements: Measurements
) -> None:
    async with bridge:
        token = bridge.token()
        for _ in range(3):
            await bridge.call("greet", token)
        await bridge.call("whoami", token)
        await bridge.post(tools_call("alice-invents-a-name"), token)
    assert samples(measurements, "obo_exchange_seconds_count") == {'outcome="ok"': 1}
    assert samples(measurements, "obo_exchange_cache_lookups_total") == {'result="miss"': 1, 'result="own"': 2}
    assert samples(measurements, "obo_tool_call_seconds_count") == {
        'outcome="ok",tool="greet"': 3,
        'outcome="ok",tool="whoami"': 1,
        'outcome="refused",tool="other"': 1,
    }
    assert samples(measurements, "obo_bridge_refusals_total") == {'reason="unknown_tool"': 1}
    assert "alice" not in measurements.text().decode()


async def test_refusals_are_counted_once_each_by_their_reason(
    bridge: RunningBridge, measurements: Measurements
) -> None:
    async with bridge:
        await bridge.post(tools_call("greet"))
        await bridge.post(tools_call("greet"), "nonsense")
        await bridge.post(tools_call("greet"), bridge.token(scope=""))
        await bridge.post(b"{", bridge.token())
        await bridge.post(tools_call("greet"), bridge.token(), Origin="https://elsewhere.example")
        bridge.tenant.answer_changes = {"token_type": "N_A"}
        await bridge.call("greet", bridge.token(sub="auth0|bob"))
    assert samples(measurements, "obo_bridge_refusals_total") == {
        f'reason="{reason}"': 1
        for reason in ("no_token", "not_a_jwt", "insufficient_scope", "invalid_request", "http_403")
    }
    assert samples(measurements, "obo_exchange_seconds_count") == {'outcome="tenant_answer_malformed"': 1}


async def test_a_token_that_another_process_exchanged_is_a_hit_of_the_shared_cache(
    process: Process, cache: DictCache
) -> None:
    second = Measurements()
    async with process() as one, process(observer=observed(second)) as other:
        token = one.token()
        await one.call("greet", token)
        for _ in range(2):
            await other.call("greet", token)
    assert samples(second, "obo_exchange_cache_lookups_total") == {'result="shared"': 1, 'result="own"': 1}


async def test_a_dead_party_shows_until_it_answers_again() -> None:
    told: list[Any] = []
    breaker = CircuitBreaker("The tenant", failures=2, on_change=told.append)
    for _ in range(4):
        breaker.failed("it does not answer")
    breaker.succeeded()
    breaker.succeeded()
    assert told == [True, False]


async def test_unknown_codes_of_the_api_do_not_become_labels() -> None:
    assert bounded("insufficient_scope") == "insufficient_scope"
    assert bounded("exchange_refused") == "exchange_refused"
    assert bounded("alice_was_here") == "other"
    assert {*Reason} <= KNOWN_REASONS
