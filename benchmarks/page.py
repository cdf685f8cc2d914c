"""The report as one page: no script, no file beside it, light or dark as the reader's system is."""

import math
from html import escape
from itertools import groupby

from .report import COLUMNS, LEFT, summary, value
from .runner import VERDICTS, in_order

STYLE = """
:root { color-scheme: light dark; --page: #fcfcfb; --ink: #1d1d1b; --soft: #62625d; --line: #dcdcd6; --band: #f3f3ef;
  --FAIL: #b3123c; --SHORT: #d03b3b; --ok: #8a8d93; --aim: #17875a; --float32: #2a6fd0; --float64: #c8620c; }
@media (prefers-color-scheme: dark) {
  :root { --page: #161615; --ink: #ecebe6; --soft: #a3a29b; --line: #3a3a37; --band: #21211f;
    --FAIL: #ff5c86; --SHORT: #f0706c; --ok: #8d9199; --aim: #3fb984; --float32: #6aa6f8; --float64: #f0954a; } }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 88rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 .2rem; font-size: 1.7rem; } h2 { margin: 2.6rem 0 .3rem; font-size: 1.2rem; }
p { margin: 0 0 .8rem; max-width: 60rem; } p, dt, figcaption { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0; } dd { margin: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 42rem)); gap: 1.5rem 2rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); } svg .soft { fill: var(--soft); }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
.grid { stroke: var(--line); } .one { stroke: var(--ink); stroke-width: 1.5; } .asked { stroke: var(--ink); }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; } .peer { stroke-dasharray: 4 4; stroke-width: 1.5; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; white-space: nowrap; }
th, td { padding: .25rem .7rem; text-align: right; font-variant-numeric: tabular-nums; }
th { color: var(--soft); border-bottom: 1px solid var(--line); } tr:nth-child(even) td { background: var(--band); }
.left { text-align: left; }
"""
for name in VERDICTS[:4]:
    STYLE += f".v-{name} {{ color: var(--{name}); font-weight: 600; }} .b-{name} {{ fill: var(--{name}); }}\n"
for name in ("float32", "float64"):
    STYLE += f".s-{name} {{ stroke: var(--{name}); }} svg .t-{name} {{ fill: var(--{name}); }}\n"


def tag(name, content="", **attributes):
    """An element; `class_` for class, numbers to a tenth, `content` is markup already."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(f"{v:.1f}" if isinstance(v, float) else str(v))}"'
        for key, v in attributes.items())
    return f"<{name}{words}>{content}</{name}>"


def figure(caption, width, height, parts):
    drawing = tag("svg", "".join(parts), viewBox=f"0 0 {width} {height}", role="img", aria_label=caption)
    return tag("figure", tag("figcaption", escape(caption)) + drawing)


def text(x, y, words, class_=""):
    return tag("text", escape(words), x=float(x), y=float(y), class_=class_)


def line(x1, y1, x2, y2, class_):
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


# ------------------------------------------------------------------ plots

def ratio_bars(caption, results, width=640, left=300, right=52, step=17, top=22):
    """Peer's time / ours, a bar from 1 to the right where we win; the short stroke is what was asked at least."""
    values = [v for r in results for v in (r.value, r.at_least or 1)]
    low, high = math.floor(math.log2(min(*values, 0.8))), math.ceil(math.log2(max(*values, 2)))

    def x(ratio):
        return left + (math.log2(ratio) - low) / (high - low) * (width - left - right)

    height = top + step * len(results) + 6
    parts = []
    for power in range(low, high + 1):
        parts.append(line(x(2**power), top - 6, x(2**power), height, "grid"))
        parts.append(text(x(2**power), top - 10, f"{2**power:g}", "soft middle"))
    for i, r in enumerate(results):
        y = top + step * i
        begin, end = sorted((x(1), x(r.value)))
        bar = tag("rect", tag("title", f"{escape(r.work)} {r.dtype}: {value(r)} against {escape(r.peer_name)}"),
                  x=begin, y=float(y + 2), width=max(end - begin, 1.0), height=float(step - 5), class_=f"b-{r.verdict}")
        parts += [text(left - 8, y + 12, f"{r.work} {r.dtype}", "end"), bar]
        if r.at_least:
            parts.append(line(x(r.at_least), y, x(r.at_least), y + step - 1, "asked"))
        parts.append(text(max(end, x(r.at_least or 1)) + 5, y + 12, f"{r.value:.2f}"))
    parts.append(line(x(1), top - 6, x(1), height, "one"))
    return figure(caption, width, height, parts)


def limit_curves(caption, results, width=640, height=300, left=44, right=96, top=16, bottom=34):
    """Fraction of the limit against n: ours a full line, the peer's a broken one."""
    sizes = sorted({r.n for r in results})
    first, last = math.log2(sizes[0]), math.log2(sizes[-1])
    highest = max(1.0, *(f for r in results for f in (r.of_limit, r.peer_of_limit) if f))

    def x(n):
        return left + (math.log2(n) - first) / max(last - first, 1) * (width - left - right)

    def y(fraction):
        return top + (1 - fraction / highest) * (height - top - bottom)

    parts = []
    for percent in range(0, 101, 20):
        parts.append(line(left, y(percent / 100), width - right, y(percent / 100), "grid"))
        parts.append(text(left - 6, y(percent / 100) + 4, f"{percent} %", "soft end"))
    parts += [text(x(n), height - bottom + 16, str(n), "soft middle") for n in sizes]
    parts.append(text((left + width - right) / 2, height - 3, "n", "soft middle"))
    names = []
    for dtype, rows in groupby(sorted(results, key=lambda r: (r.dtype, r.n)), key=lambda r: r.dtype):
        rows = list(rows)
        for who, fractions in (("", [r.of_limit for r in rows]), ("peer", [r.peer_of_limit for r in rows])):
            points = [(x(r.n), y(f)) for r, f in zip(rows, fractions, strict=True) if f]
            if points:
                corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
                parts.append(tag("polyline", points=corners, class_=f"curve {who} s-{dtype}"))
                names.append((points[-1][1], f"{dtype} {who or 'ours'}", f"t-{dtype}"))
    below = -math.inf
    for at, name, class_ in sorted(names):      # labels at the lines' ends, 13 apart
        below = max(at + 4, below + 13)
        parts.append(text(width - right + 6, below, name, class_))
    return figure(caption, width, height, parts)


def threads_text(n):
    return f"{n} thread" if n == 1 else f"{n} threads"


def by_threads(results):
    return groupby(sorted(results, key=lambda r: r.threads), key=lambda r: r.threads)


def bars(results):
    measured = [r for r in results if r.unit == "ratio" and r.value]
    return [ratio_bars(threads_text(n), list(rows)) for n, rows in by_threads(measured)]


def curves(results):
    drawn = []
    with_curve = sorted((r for r in results if r.curve and r.of_limit), key=lambda r: r.curve)
    for curve, rows in groupby(with_curve, key=lambda r: r.curve):
        drawn += [limit_curves(f"{curve}, {threads_text(n)}", list(some)) for n, some in by_threads(rows)]
    return drawn


# ------------------------------------------------------------------ page

def table(results):
    def side(name):
        return {"class_": "left"} if name in LEFT else {}

    rows = [tag("tr", "".join(tag("th", escape(name), **side(name)) for name in COLUMNS))]
    for r in results:
        cells = [tag("td", tag("span", r.verdict, class_=f"v-{r.verdict}"), class_="left")]
        cells += [tag("td", escape(f(r)), **side(name)) for name, f in COLUMNS.items() if name != "verdict"]
        rows.append(tag("tr", "".join(cells)))
    return tag("div", tag("table", "".join(rows)), class_="wide")


def section(title, words, body):
    return tag("h2", title) + tag("p", words) + body if body else ""


def charts(figures):
    return tag("div", "".join(figures), class_="charts") if figures else ""


def html(head, results):
    """The whole page."""
    results = in_order(results)
    facts = "".join(
        tag("dt", escape(key)) + tag("dd", escape(", ".join(map(str, v)) if isinstance(v, list) else str(v)))
        for key, v in head.items())
    body = "".join([
        tag("h1", "mathcore against its peers"),
        tag("p", escape(summary(results)) + ". What falls short stands first."),
        tag("dl", facts),
        section("Ratio", "Time of the peer divided by ours: right of 1 we are faster. The stroke is the least that is "
                "asked, red is short of it, green reaches the aim.", charts(bars(results))),
        section("Share of the machine", "Speed as a share of what binds: the measured peak of fused multiply-adds, or "
                "the measured bandwidth to the working set. Ours full, the peer broken.", charts(curves(results))),
        section("All rows", "Medians of calls in turn, same process, same threads, same inputs. Errors in units of the "
                "bound k &#949; |A||B|: above 1 is wrong.", table(results)),
    ])
    style = tag("style", STYLE)
    top = tag("head", f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
                      f"<title>mathcore benchmarks</title>{style}")
    return f'<!doctype html>\n<html lang="en">{top}{tag("body", body)}</html>\n'
