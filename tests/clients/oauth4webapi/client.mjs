// A strict MCP client on oauth4webapi: node client.mjs ADDRESS FILE [--log-out]
//
// It checks what the specifications let a client check: the metadata lies where RFC 9728 §3.1 puts it, the challenge
// names that document, its `resource` is the address that is called (§3.3), issuer and state of the tenant's answer
// are the expected ones (RFC 9207). Prints one JSON object: the tools, and the answers of greet and add_note.

import { execFile } from "node:child_process";
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import * as oauth from "oauth4webapi";

const [address, file, action] = process.argv.slice(2);
const resource = new URL(address);
const insecure = { [oauth.allowInsecureRequests]: true }; // plain http, on loopback only
const publicClient = oauth.None();
const kept = existsSync(file) ? JSON.parse(readFileSync(file)) : {};

function keep(more) {
  Object.assign(kept, more);
  writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
}

/** One MCP request of revision 2025-11-25, with the token at hand; where it is challenged, log in and ask again. */
async function ask(method, params, patience = 2) {
  const headers = {
    Accept: "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": "2025-11-25",
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  try {
    const request = [address, { method: "POST", headers, body }];
    const response = kept.tokens
      ? await oauth.protectedResourceRequest(kept.tokens.access_token, "POST", resource, new Headers(headers), body, insecure)
      : challenged(await fetch(...request));
    const answer = await response.json();
    if (answer.error) throw new Error(answer.error.message);
    return answer.result;
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError) || !patience) throw error;
    const [{ scheme, parameters }] = error.cause;
    if (scheme !== "bearer") throw error;
    await logIn(parameters);
    return ask(method, params, patience - 1);
  }
}

/** Without a token there is nothing to protect: only then the challenge is read here. */
function challenged(response) {
  const header = response.headers.get("www-authenticate");
  const parameters = Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const cause = [{ scheme: header.split(" ")[0].toLowerCase(), parameters }];
  throw new oauth.WWWAuthenticateChallengeError("a login is needed", { cause, response });
}

async function logIn({ resource_metadata, scope }) {
  const described = await oauth.resourceDiscoveryRequest(resource, insecure);
  if (described.url !== resource_metadata) throw new Error(`the challenge names ${resource_metadata}, not ${described.url}`);
  const { authorization_servers } = await oauth.processResourceDiscoveryResponse(resource, described);
  const issuer = new URL(authorization_servers[0]);
  const tenant = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: "oauth2" }));

  const browser = await listen(kept.port ?? 0);
  const redirectUri = `http://127.0.0.1:${browser.port}/callback`;
  if (!kept.client) {
    const registration = await oauth.dynamicClientRegistrationRequest(tenant, {
      client_name: "A strict client",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    }, insecure);
    keep({ port: browser.port, client: await oauth.processDynamicClientRegistrationResponse(registration) });
  }
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const scopes = new Set([...(kept.tokens?.scope ?? "").split(" "), ...scope.split(" "), "offline_access"]);
  const request = new URL(tenant.authorization_endpoint);
  request.search = new URLSearchParams({
    response_type: "code",
    client_id: kept.client.client_id,
    redirect_uri: redirectUri,
    scope: [...scopes].filter(Boolean).join(" "),
    resource: address,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  execFile(process.env.BROWSER, [request.href]);
  const answer = oauth.validateAuthResponse(tenant, kept.client, await browser.cameBack, state);
  browser.close();
  const grant = await oauth.authorizationCodeGrantRequest(tenant, kept.client, publicClient, answer, redirectUri, verifier, {
    ...insecure,
    additionalParameters: { resource: address },
  });
  const tokens = await oauth.processAuthorizationCodeResponse(tenant, kept.client, grant);
  if (kept.tokens) await revoke(); // a login with more scopes replaces the one before
  keep({ tokens, tenant });
}

async function listen(port) {
  let cameBack;
  const server = createServer((request, response) => {
    response.end("You can close this window.");
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname === "/callback") cameBack(url);
  }).listen(port, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  return { port: server.address().port, cameBack: new Promise((found) => (cameBack = found)), close: () => server.close() };
}

/** Have the tenant forget the login (RFC 7009). */
async function revoke() {
  const { tenant, client, tokens } = kept;
  const request = await oauth.revocationRequest(tenant, client, publicClient, tokens.refresh_token, insecure);
  await oauth.processRevocationResponse(request);
}

if (action === "--log-out") {
  await revoke();
  unlinkSync(file);
} else {
  const { tools } = await ask("tools/list", {});
  const greeting = await ask("tools/call", { name: "greet", arguments: {} });
  const note = await ask("tools/call", { name: "add_note", arguments: { title: "From a strict client" } });
  console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), greeting, note }));
}
process.exit(0);
