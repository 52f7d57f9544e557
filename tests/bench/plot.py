"""Horizontal bars as SVG, readable on light and dark pages, in print, and without colours: each bar is labelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 860, 270, 90  # pixels; the bars lie between the margins
BAR, GAP = 15, 5  # height of a bar, and the space below it
GROUP = 30  # space for the name of a group of bars
TITLE = 38  # space for the title of the plot or of a panel
STYLE = """
  rect.page { fill: #ffffff } text { fill: #1f2328; font: 13px sans-serif }
  .title { font-weight: bold; font-size: 15px } .group { font-weight: bold }
  .bar0 { fill: #6e7781 } .bar1 { fill: #0969da } .bar2 { fill: #1a7f37 } .bar3 { fill: #8250df }
  @media (prefers-color-scheme: dark) {
    rect.page { fill: #0d1117 } text { fill: #e6edf3 }
    .bar0 { fill: #9198a1 } .bar1 { fill: #4493f8 } .bar2 { fill: #3fb950 } .bar3 { fill: #ab7df8 }
  }
"""


@dataclass(frozen=True)
class Bar:
    label: str
    value: float


@dataclass(frozen=True)
class Panel:
    """Groups of bars on one scale."""

    title: str
    groups: Sequence[tuple[str, Sequence[Bar]]]


def bars(title: str, panels: Sequence[Panel]) -> str:
    """Return the whole file. Bars of the same label have the same colour."""
    labels = list(dict.fromkeys(bar.label for panel in panels for _, group in panel.groups for bar in group))
    drawn, y = [_text(20, 26, title, "title")], TITLE
    for panel in panels:
        longest = max((bar.value for _, group in panel.groups for bar in group), default=0) or 1
        drawn.append(_text(20, y + 26, panel.title, "title"))
        y += TITLE
        for name, group in panel.groups:
            drawn.append(_text(20, y + 18, name, "group"))
            y += GROUP
            for bar in group:
                length = bar.value / longest * (WIDTH - LEFT - RIGHT)
                colour = f"bar{labels.index(bar.label)}"
                drawn += [
                    _text(LEFT - 10, y + 12, bar.label, anchor="end"),
                    f'<rect class="{colour}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}"/>',
                    _text(LEFT + length + 8, y + 12, f"{bar.value:,.0f}"),
                ]
                y += BAR + GAP
    height = y + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
        f'<rect class="page" width="{WIDTH}" height="{height}"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    kind = f' class="{kind}"' if kind else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
