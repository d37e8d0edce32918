"""What other programs read: CSV for spreadsheets, Canvas and Moodle, and JSON."""

import csv
import json
import tracemalloc

import classes
import pytest
from nbgrader.api import Gradebook

from grading.__main__ import main
from grading.classroom.result import CellMark, Result
from grading.release import put_environment_on_path
from grading.reports import exports, gather, moodle

pytestmark = [
    pytest.mark.xdist_group("reports"),
    # nbgrader's own way of adding a submission.
    pytest.mark.filterwarnings("ignore:Object of type <Submitted:sqlalchemy.exc.SAWarning"),
]


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_question_that_awaits_a_person_is_empty_and_says_so(tmp_path):
    path = exports.write_rows(tmp_path / "q.csv", exports.question_rows(classes.small_class()))
    found = {(row["student"], row["question"]): row for row in table(path)}
    waiting = found["ada", "explain"]
    assert (waiting["auto"], waiting["score"], waiting["awaiting"]) == (
        "",
        "",
        "awaiting hand grading",
    )
    assert waiting["status"] == "awaiting hand grading"
    assert found["ada", "rnn_step_test"]["score"] == "2"
    assert found["ben", "rnn_step_test"]["score"] == "0"
    assert "it leaves the bias out" in found["ben", "rnn_step_test"]["message"]


def test_everybody_who_is_enrolled_has_every_question(tmp_path):
    path = exports.write_rows(tmp_path / "q.csv", exports.question_rows(classes.small_class()))
    students = [row["student"] for row in table(path)]
    assert students == [name for name in ("ada", "ben", "eve") for _ in classes.QUESTIONS]
    missing = [row for row in table(path) if row["student"] == "eve"]
    assert {row["status"] for row in missing} == {"missing"}
    assert {row["score"] for row in missing} == {"0"}
    assert {row["message"] for row in missing} == {"Nothing was handed in."}


@pytest.mark.parametrize(
    "text",
    ["=1+2", "+1", "-1+2", "@SUM(A1)", "\t=1", "  =1", "\r=1", "＝1"],  # noqa: RUF001
)
def test_text_that_a_spreadsheet_would_compute_is_made_harmless(text):
    assert exports.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["ada", "a=b", "", "-", "3-4"])
def test_other_text_stays(text):
    assert exports.harmless(text) == text


def test_no_cell_of_any_export_starts_a_formula(tmp_path):
    messages = dict.fromkeys(classes.QUESTIONS, "=cmd|' /C calc'!A0")
    bad = [
        classes.result(
            "=ada", 0.0, 0.0, 0.0, 0.0, messages=messages, outcome="crashed", reason="@x"
        ),
        classes.result("-ben", 0.0, 0.0, 0.0, None),
    ]
    people = [gather.Person("=ada", "=a", "+b", "@c", "-7"), gather.Person("-ben", "-x", "-y")]
    report = classes.report(bad, people)
    for rows_of in (
        exports.question_rows(report),
        exports.canvas_rows(report, "02_rnn_cell"),
        moodle.rows(report),
    ):
        path = exports.write_rows(tmp_path / "x.csv", rows_of)
        cells = [cell for row in rows(path) for cell in row]
        assert not [c for c in cells if c.strip()[:1] in ("=", "+", "-", "@") and c != "-"]


def test_canvas_file_has_its_heads_its_points_row_and_no_total_for_who_awaits(tmp_path):
    report = classes.small_class()
    path = exports.write_rows(tmp_path / "c.csv", exports.canvas_rows(report, "02_rnn_cell (77)"))
    found = rows(path)
    assert found[0] == [
        *("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
        "02_rnn_cell (77)",
    ]
    assert found[1] == ["    Points Possible", "", "", "", "", "7"]
    assert found[2] == ["Lovelace, Ada", "101", "ada", "ada", "", ""]
    assert found[3][0] == "'=1+2, Ben"
    assert [row[-1] for row in found[3:]] == ["1", "0"]


def test_canvas_numbers_come_from_its_own_export(tmp_path):
    theirs = tmp_path / "export.csv"
    theirs.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,02_rnn_cell (9),Final Score\n"
        '    Points Possible,,,,,7,\n"Lovelace, Ada",5001,S1,ada,Monday,,\n',
        encoding="utf-8-sig",
    )
    places, heads = exports.canvas_places(theirs, {"ada", "ben"})
    assert places == {"ada": ("Lovelace, Ada", "5001", "S1", "ada", "Monday")}
    assert heads[0] == "02_rnn_cell (9)"


def test_another_file_is_no_canvas_export(tmp_path):
    (tmp_path / "x.csv").write_text("Name,Mark\n")
    with pytest.raises(ValueError, match="no export of a Canvas gradebook: no 'Student'"):
        exports.canvas_places(tmp_path / "x.csv", {"ada"})


def test_moodle_worksheet_without_moodle(tmp_path):
    path = exports.write_rows(tmp_path / "m.csv", moodle.rows(classes.small_class()))
    ada, ben, eve = table(path)
    assert list(ada) == list(moodle.COLUMNS)
    assert (ada["Identifier"], ada["Grade"], ada["Maximum Grade"]) == ("Participant 101", "", "7")
    assert ada["Feedback comments"] == "awaiting hand grading: explain"
    assert (ben["Grade"], ben["Status"]) == ("1", "Submitted for grading")
    assert (eve["Grade"], eve["Status"]) == ("0", "No submission")


def test_moodles_own_worksheet_is_filled_in_and_otherwise_kept(tmp_path):
    theirs = tmp_path / "sheet.csv"
    head = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade)"
    theirs.write_text(
        f"{head}\nParticipant 7,Somebody,BEN@example.org,Submitted,,7,-\n"
        "Participant 8,Ada Lovelace,a@b.c,Submitted,3,7,-\nParticipant 9,Zoe,z@b.c,None,5,7,-\n",
        encoding="utf-8-sig",
    )
    path = exports.write_rows(tmp_path / "m.csv", moodle.filled_rows(classes.small_class(), theirs))
    ben, ada, zoe = table(path)
    assert ben["Identifier"] == "Participant 7"
    assert ben["Grade"] == "1"
    assert ada["Grade"] == ""
    assert zoe["Grade"] == "5"
    assert ",".join(ben) == head


def test_a_comment_names_the_limit_and_the_question_that_waits():
    one = classes.result("a", 0.0, 0.0, 1.0, None, outcome="limit exceeded", reason="Too slow.")
    assert moodle.comment(one) == "Too slow; awaiting hand grading: explain"


def test_a_reason_stands_at_a_zero_without_words_and_nowhere_else(tmp_path):
    one = classes.result("a", 0.0, 0.0, 1.0, None, outcome="limit exceeded", reason="Too slow.")
    path = exports.write_rows(tmp_path / "q.csv", exports.question_rows(classes.report([one])))
    assert [row["message"] for row in table(path)] == ["Too slow.", "Too slow.", "", ""]


def test_two_students_of_one_name_are_not_mixed_up(tmp_path):
    theirs = tmp_path / "sheet.csv"
    theirs.write_text(
        "Identifier,Full name,Grade,Last modified (grade)\nParticipant 7,Kim Lee,,-\n"
    )
    people = [gather.Person("kim1", "Kim", "Lee"), gather.Person("kim2", "Kim", "Lee")]
    results = [classes.result("kim1", 2.0, 1.0, 1.0, 3.0), classes.result("kim2", *[0.0] * 4)]
    found = list(moodle.filled_rows(classes.report(results, people), theirs))
    assert found[1] == ["Participant 7", "Kim Lee", "", "-"]


def test_json_holds_everything_and_no_number_where_a_person_is_awaited(tmp_path):
    path = exports.write_json(tmp_path / "r.json", classes.small_class())
    data = json.loads(path.read_text(encoding="utf-8"))
    ada, ben, eve = data["results"]
    assert data["points"] == 7
    assert (ada["score"], ada["awaiting"], ada["status"]) == (
        None,
        ["explain"],
        "awaiting hand grading",
    )
    assert ben["repairs"] == ["A test cell was deleted; it was put back."]
    assert eve["reason"] == "Nothing was handed in."


def test_a_mark_given_by_hand_wins():
    grades = {"ada": {"explain": (None, 2.5), "rnn_step_test": (2.0, 1.0)}}
    ada = classes.small_class(grades=grades).results[0]
    assert {mark.name: mark.score for mark in ada.marks} == {
        "rnn_step_test": 1.0,
        "rnn_step_hidden": 1.0,
        "readout_test": 1.0,
        "explain": 2.5,
    }
    assert ada.status == "graded"


def test_the_journals_folder_is_read_with_extra_keys(tmp_path):
    one = classes.result("ada", 2.0, 1.0, 1.0, None)
    (tmp_path / "ada.json").write_text(json.dumps({**one.as_dict(), "written": "today", "v": 1}))
    (tmp_path / ".part-1.json").write_text("{")
    two = classes.result("ben", 2.0, 1.0, 1.0, 0.0)
    (tmp_path / "ben.json").write_text(json.dumps({"result": two.as_dict(), "sha256": ""}))
    assert list(gather.read_folder(tmp_path)) == [one, two]


@pytest.mark.parametrize("text", ["{", "[]", '{"student": "ada"}', "null"])
def test_a_broken_file_of_the_journal_is_named(tmp_path, text):
    (tmp_path / "ada.json").write_text(text)
    with pytest.raises(ValueError, match=r"ada\.json holds no result"):
        list(gather.read_folder(tmp_path))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Make a course with a gradebook of three students; one submission, graded by nbgrader."""
    put_environment_on_path()
    tmp_path = tmp_path_factory.mktemp("course")
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.add_assignment("02_rnn_cell")
        book.add_notebook("02_rnn_cell", "02_rnn_cell")
        for name, points in classes.QUESTIONS.items():
            kind = "markdown" if name == "explain" else "code"
            book.add_grade_cell(
                name, "02_rnn_cell", "02_rnn_cell", max_score=points, cell_type=kind
            )
        for person in classes.CLASS:
            about = {"first_name": person.first_name, "last_name": person.last_name}
            book.add_student(person.id, email=person.email, lms_user_id=person.platform_id, **about)
        book.add_submission("02_rnn_cell", "ada")
        for grade in book.find_submission_notebook("02_rnn_cell", "02_rnn_cell", "ada").grades:
            grade.auto_score = None if grade.name == "explain" else 1.0
            grade.extra_credit = 0.5 if grade.name == "readout_test" else None
        book.db.commit()
    return tmp_path


def test_the_gradebook_alone_is_enough(course):
    report = gather.gather("02_rnn_cell", None, f"sqlite:///{course / 'gradebook.db'}")
    assert report.people["ada"] == classes.ADA
    ada, ben, _ = report.results
    scores = {mark.name: mark.score for mark in ada.marks}
    assert scores == {
        "rnn_step_test": 1.0,
        "rnn_step_hidden": 1.0,
        "readout_test": 1.5,
        "explain": None,
    }
    assert ben.status == "missing"


def test_the_command_writes_what_is_asked_for(course, capsys):
    out = course / "reports"
    options = ["report", "02_rnn_cell", "--root", str(course), "--out", str(out)]
    assert main([*options, "--csv", "--canvas", "--canvas-id", "77", "--moodle", "--json"]) == 0
    names = ["02_rnn_cell-canvas.csv", "02_rnn_cell-moodle.csv"]
    names += ["02_rnn_cell-questions.csv", "02_rnn_cell.json"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert rows(out / "02_rnn_cell-canvas.csv")[0][-1] == "02_rnn_cell (77)"


def test_an_assignment_that_nobody_knows_is_a_usage_error(course, capsys):
    options = ["--root", str(course), "--out", str(course / "reports")]
    assert main(["report", "99_none", *options]) == 2
    assert "Nothing is known of 99_none" in capsys.readouterr().err


def test_a_student_takes_little_memory(tmp_path):
    names = [f"cell_{number}" for number in range(20)]

    def results():
        for number in range(300):
            marks = tuple(CellMark(name, 1.0, auto=1.0, message="right") for name in names)
            yield Result(f"s{number:04}", "a", "k", "graded", marks)

    tracemalloc.start()
    questions = dict.fromkeys(names, 1.0)
    report = gather.combine("a", results(), {}, questions, {})
    path = exports.write_rows(tmp_path / "q.csv", exports.question_rows(report))
    exports.write_json(tmp_path / "r.json", report)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / 300 < 30e3
    with open(path, encoding="utf-8") as file:
        assert sum(1 for _ in file) == 300 * 20 + 1
