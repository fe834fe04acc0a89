"""What each threshold costs, drawn for a terminal and as SVG."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from auricle.listen.tuning import Evidence, Point, curve
from auricle.listen.view import gauge

_BAR = 16
_EVERY = 5
"""The number of hundredths of which one has a line in the terminal."""

_WIDTH, _HEIGHT = 720, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 650, 60, 320
_MISSED, _FALSE, _GREY = "#1f6fb2", "#c4541b", "#666"


def lines(evidence: Evidence, *, now: float, proposed: float | None) -> Iterator[str]:
    """Draw the curve, a line a threshold; `now` is the one that is set."""
    points = curve(evidence)
    most = max(1, *(point.false_alarms for point in points))
    wanted = len(evidence.wanted)
    yield f"  threshold  {'missed':{_BAR}}            {'false alarms':{_BAR}}"
    for point in points:
        marks = _marks(point.threshold, now, proposed)
        if marks or _hundredths(point.threshold) % _EVERY == 0:
            missed = gauge(point.missed / max(1, wanted), width=_BAR)
            false_alarms = gauge(point.false_alarms / most, width=_BAR)
            yield (
                f"{point.threshold:11.2f}  {missed} {point.missed:3} of {wanted:<4}"
                f"{false_alarms} {point.false_alarms:3}{marks}"
            )


def svg(name: str, evidence: Evidence, *, now: float, proposed: float | None) -> str:
    """Draw the same as a picture for a browser."""
    points = curve(evidence)
    most = max(1, *(point.false_alarms for point in points))
    wanted = max(1, len(evidence.wanted))
    first, last = points[0].threshold, points[-1].threshold

    def x(threshold: float) -> float:
        share = (threshold - first) / (last - first)
        return _LEFT + min(max(share, 0.0), 1.0) * (_RIGHT - _LEFT)

    def y(share: float) -> float:
        return _BOTTOM - share * (_BOTTOM - _TOP)

    def path(shares: Sequence[tuple[Point, float]]) -> str:
        return " ".join(f"{x(p.threshold):.1f},{y(share):.1f}" for p, share in shares)

    missed = path([(p, p.missed / wanted) for p in points])
    false_alarms = path([(p, p.false_alarms / most) for p in points])
    parts = [
        _text(_LEFT, 26, f"What each threshold of {name} costs", size=18),
        _text(
            _LEFT,
            46,
            f"{len(evidence.wanted)} wake words that were said, "
            f"{evidence.hours:.1f} h of all else",
            color=_GREY,
        ),
        _line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, _GREY),
        _line(_LEFT, _TOP, _LEFT, _BOTTOM, _MISSED),
        _line(_RIGHT, _TOP, _RIGHT, _BOTTOM, _FALSE),
        *_ticks(x),
        _text(_LEFT - 8, y(1) + 4, "100 %", color=_MISSED, anchor="end"),
        _text(_LEFT - 8, y(0) + 4, "0", color=_MISSED, anchor="end"),
        _text(_LEFT + 8, _TOP + 4, "missed", color=_MISSED),
        _text(_RIGHT + 8, y(1) + 4, f"{most}", color=_FALSE),
        _text(_RIGHT + 8, y(0) + 4, "0", color=_FALSE),
        _text(_RIGHT - 8, _TOP + 4, "false alarms", color=_FALSE, anchor="end"),
        _curve(missed, _MISSED),
        _curve(false_alarms, _FALSE),
    ]
    for threshold, told, row in ((now, "now", 14), (proposed, "proposed", 30)):
        if threshold is not None:
            at = x(threshold)
            parts.append(_line(at, _TOP, at, _BOTTOM, _GREY, dashed=True))
            label = f"{told} {threshold:g}"
            parts.append(_text(at - 6, _TOP + 20 + row, label, anchor="end"))
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="13">\n<rect width="100%" height="100%" fill="white"/>\n'
        f"{inside}\n</svg>\n"
    )


def _marks(threshold: float, now: float, proposed: float | None) -> str:
    marks = ""
    if proposed is not None and _hundredths(proposed) == _hundredths(threshold):
        marks += "  <- proposed"
    if _hundredths(now) == _hundredths(threshold):
        marks += "  <- now"
    return marks


def _hundredths(threshold: float) -> int:
    return round(threshold * 100)


def _ticks(x: Callable[[float], float]) -> Iterator[str]:
    for tenth in range(5, 10):
        at = x(tenth / 10)
        yield _line(at, _BOTTOM, at, _BOTTOM + 5, _GREY)
        yield _text(at, _BOTTOM + 20, f"{tenth / 10:g}", color=_GREY, anchor="middle")
    middle = (_LEFT + _RIGHT) / 2
    yield _text(middle, _BOTTOM + 42, "threshold", color=_GREY, anchor="middle")


def _line(
    x1: float, y1: float, x2: float, y2: float, color: str, *, dashed: bool = False
) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{color}"{dashes}/>'
    )


def _curve(points: str, color: str) -> str:
    return (
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="3"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    color: str = "#222",
    anchor: str = "start",
    size: int = 13,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}" '
        f'font-size="{size}">{escape(text)}</text>'
    )
