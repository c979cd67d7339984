"""A session as one HTML page that needs nothing else: no script, no font, no address. Tables and drawings of every set,
in the words of the views. Text is escaped; nothing is written to disk here.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from bartracker.coaching.advice import advice
from bartracker.coaching.metrics import MEAN_VELOCITY
from bartracker.coaching.verdict import Level, level_of
from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.samples import FloatArray
from bartracker.ui import quantities, wording
from bartracker.ui.side_view import side_paths

_COLOURS: dict[Level, str] = {"good": "#00785a", "watch": "#7d6500", "off": "#bf4400"}
_STYLE = """
body{font:16px/1.45 system-ui,'DejaVu Sans',sans-serif;color:#101820;background:#e9edf1;margin:0}
main{max-width:1060px;margin:0 auto;padding:24px}
section{background:#fff;border:1px solid #cfd7df;border-radius:12px;padding:20px 24px;margin:18px 0}
h1{font-size:26px}h2{font-size:21px;margin:0 0 6px}.muted{color:#4a5866}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th{color:#4a5866;font-weight:500;text-align:right}td,th{padding:4px 10px;border-bottom:1px solid #e6ebf0}
td{text-align:right}td:first-child,th:first-child,td:nth-child(2),th:nth-child(2),td:last-child,th:last-child
{text-align:left}.row{display:flex;flex-wrap:wrap;gap:18px}figure{margin:8px 0}figcaption{font-size:13px;color:#4a5866}
svg text{font:12px system-ui,'DejaVu Sans',sans-serif;fill:#4a5866}
"""
_BARS = (460, 200)
_LIFTS = (300, 200)
_PATH = (180, 200)


def session_page(state: LiveState, units: quantities.Units = "kg") -> str:
    """The page as text."""
    title = f"bartracker: {state.label}"
    sections = "".join(_section(each, state, units) for each in state.sets if each.reps)
    nothing = "" if sections else "<p>There were no reps.</p>"
    notes = "".join(f"<li>{escape(f'{quantities.clock(each.t_s)}  {each.text}')}</li>" for each in state.notices)
    remarks = f"<section><h2>Remarks</h2><ul>{notes}</ul></section>" if notes else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{nothing}{sections}{remarks}</main></body></html>\n"
    )


def _section(shown: LiveSet, state: LiveState, units: quantities.Units) -> str:
    who = shown.athlete or state.athlete
    load = quantities.load(wording.set_load(shown, state), units)
    parts = [
        f"Set {shown.index}",
        wording.set_exercise(shown, state),
        load,
        who or "",
        "warm-up" if shown.warm_up else "",
    ]
    head = " · ".join(escape(part) for part in parts if part)
    words = [wording.summary_line(shown, state, units)]
    if shown.result is not None:
        words += advice(shown.result, state.targets)
    text = "".join(f"<p>{escape(each)}</p>" for each in words)
    drawings = _figure(_bars(shown.reps), "Mean velocity of each rep, m/s, ± 1 σ") + _curves(shown.reps)
    return f'<section><h2>{head}</h2>{text}<div class="row">{drawings}</div>{_table(shown.reps)}</section>'


def _table(reps: Sequence[LiveRep]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in wording.REP_COLUMNS)
    rows = ""
    for each in reps:
        level = level_of(each.rep)
        cells = [escape(cell) for cell in wording.rep_row(each.rep)]
        cells[0] = f'<span style="color:{_COLOURS[level]}">{wording.SHAPES[level]}</span> {cells[0]}'
        rows += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def _bars(reps: Sequence[LiveRep]) -> str:
    width, height = _BARS
    values = [MEAN_VELOCITY.value(each.rep) for each in reps]
    top = 1.2 * max([0.1, *(value for value in values if value is not None)])
    pitch = width / max(5, len(reps))
    floor = height - 20
    parts: list[str] = []
    for place, (each, value) in enumerate(zip(reps, values, strict=True)):
        x, middle = (place + 0.2) * pitch, (place + 0.5) * pitch
        parts.append(_text(middle, height - 4, str(each.rep.index)))
        if value is None:
            continue
        tall = floor * max(0.0, value) / top
        colour = _COLOURS[level_of(each.rep)]
        parts.append(
            f'<rect x="{x:.1f}" y="{floor - tall:.1f}" width="{0.6 * pitch:.1f}" height="{tall:.1f}" rx="3" '
            f'fill="{colour}"/>'
        )
        half = floor * (MEAN_VELOCITY.sigma(each.rep) or 0.0) / top
        parts.append(_line(((middle, floor - tall - half), (middle, floor - tall + half)), "#101820"))
        parts.append(_text(middle, floor - tall - half - 5, MEAN_VELOCITY.text(each.rep)))
    return _svg(width, height, [_line(((0, floor), (width, floor)), "#97a4b0"), *parts])


def _curves(reps: Sequence[LiveRep]) -> str:
    traces = [(each, each.trace) for each in reps if each.trace is not None and len(each.trace.t_s)]
    if not traces:
        return ""
    last = len(traces) - 1
    lifts = [(trace.t_s - trace.t_s[0], trace.vel_z_mps) for _, trace in traces]
    end_s = max(float(t_s[-1]) for t_s, _ in lifts)
    top = max(0.1, *(float(v.max()) for _, v in lifts))
    velocity = [
        _line(
            _points(t_s / end_s * _LIFTS[0], (1 - v / top) * (_LIFTS[1] - 10) + 5),
            "#0072b2",
            0.35 + 0.65 * n / max(1, last),
        )
        for n, (t_s, v) in enumerate(lifts)
    ]
    paths = side_paths([trace for _, trace in traces])
    tall = max(float(path.height_cm.max()) for path in paths)
    wide = max(15.0, *(float(np.abs(path.sideways_cm).max()) for path in paths))
    scale = min((_PATH[1] - 10) / tall, _PATH[0] / 2 / wide)
    middle = _PATH[0] / 2
    drawn = [
        _line(
            _points(middle + scale * path.sideways_cm, _PATH[1] - 5 - scale * path.height_cm),
            "#0072b2",
            0.35 + 0.65 * n / max(1, last),
        )
        for n, path in enumerate(paths)
    ]
    plumb = _line(((middle, 0), (middle, _PATH[1])), "#97a4b0")
    return _figure(
        _svg(*_LIFTS, velocity), f"Velocity of each lift, 0 to {end_s:.1f} s, up to {top:.2f} m/s; the last darkest"
    ) + _figure(_svg(*_PATH, [plumb, *drawn]), f"Bar path from the side, {tall:.0f} cm high; left and right arbitrary")


def _points(x: FloatArray, y: FloatArray) -> tuple[tuple[float, float], ...]:
    """At most 200 of them."""
    step = 1 + len(x) // 200
    return tuple(zip(x[::step].tolist(), y[::step].tolist(), strict=True))


def _line(points: Sequence[tuple[float, float]], colour: str, opacity: float = 1.0) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-opacity="{opacity:.2f}"/>'
    )


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(words)}</text>'


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">{"".join(parts)}</svg>'
