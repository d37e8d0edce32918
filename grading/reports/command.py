"""Write the reports that ``python -m grading report`` was asked for."""

from __future__ import annotations

import sys

from ..outline import questions, read, release
from ..release import load_config
from . import exports, moodle, page, similarity
from .gather import gather

KINDS = ("csv", "canvas", "moodle", "json", "page", "similarity")


def run(options) -> int:
    """Write the reports; return 0, or 2 when something that was asked for cannot be had."""
    try:
        for path in write(options):
            print(path)
    except (FileNotFoundError, ValueError, similarity.MissingTool) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def database(options) -> str | None:
    """Name the gradebook: the option's, the configuration's, or the course's if it exists."""
    if options.db:
        return options.db
    config = load_config(options.root) if (options.root / "nbgrader_config.py").exists() else {}
    if set_ := config.get("CourseDirectory", {}).get("db_url"):
        return set_
    path = (options.root / "gradebook.db").resolve()
    return f"sqlite:///{path}" if path.exists() else None


def write(options):
    """Yield the path of each report as soon as it is written."""
    asked = {kind for kind in KINDS if getattr(options, kind) not in (None, False)}
    asked = asked or {"csv", "json", "page"}
    options.out.mkdir(parents=True, exist_ok=True)
    name, out = options.assignment, options.out
    if asked != {"similarity"}:
        report, asks = _report(options)
        if "csv" in asked:
            yield exports.write_rows(out / f"{name}-questions.csv", exports.question_rows(report))
        if "canvas" in asked:
            yield _canvas(options, report)
        if "moodle" in asked:
            sheet = options.moodle
            rows = moodle.filled_rows(report, sheet) if sheet else moodle.rows(report)
            yield exports.write_rows(out / f"{name}-moodle.csv", rows)
        if "json" in asked:
            yield exports.write_json(out / f"{name}.json", report)
        if "page" in asked:
            yield page.write_page(out / f"{name}-statistics.html", report, asks)
    if "similarity" in asked:
        yield _similarity(options)


def _report(options):
    """Gather the report, its questions in the order of the released notebook."""
    journal = options.journal or options.root / ".grading" / options.assignment
    found = release(options.root, options.assignment)
    asks = questions(read(found)) if found else ()
    report = gather(options.assignment, journal, database(options), [one.name for one in asks])
    return report, asks


def _canvas(options, report):
    places, heads = {}, []
    if options.canvas:
        students = {result.student for result in report.results}
        places, heads = exports.canvas_places(options.canvas, students)
    column = f"{report.assignment} ({options.canvas_id})" if options.canvas_id else None
    column = column or next(
        (head for head in heads if head.startswith(f"{report.assignment} (")), report.assignment
    )
    path = options.out / f"{report.assignment}-canvas.csv"
    return exports.write_rows(path, exports.canvas_rows(report, column, places))


def _similarity(options):
    """Compare what was handed in with the release and with one another."""
    name = options.assignment
    found = release(options.root, name)
    if found is None:
        raise FileNotFoundError(f"There is no exercises/{name}/{name}.ipynb to compare with.")
    template = similarity.answers(read(found))
    submissions, unreadable = similarity.read_submissions(options.root / "submitted", name)
    if unreadable:
        print(f"not compared, unreadable: {', '.join(unreadable)}", file=sys.stderr)
    listed = similarity.pairs(submissions, template, options.threshold)
    path = options.out / f"{name}-similarity.html"
    text = similarity.page(name, listed, submissions, template, options.threshold)
    path.write_text(text, encoding="utf-8")
    return path
