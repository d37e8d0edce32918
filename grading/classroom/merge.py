"""The one writer: results enter the gradebook as ``nbgrader autograde`` would have written them.

A batch of submissions is one transaction. Merging twice changes nothing. Scores and comments that
a person gave, and extra credit, stay.
"""

from __future__ import annotations

from types import SimpleNamespace

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import insert, select, update

from .source import update_source

BATCH = 200


def merge(course, release, answers, merged):
    """Write answers into the gradebook.

    Parameters
    ----------
    course : Course
    release : Release
    answers : iterable of dict
        From the journal, each with ``result``, ``comments``, ``submission`` and ``timestamp``.
    merged : dict
        What the gradebook got before, by student; brought up to date after each batch.

    Yields
    ------
    list of str
        The students of a batch, once it is written.
    """
    with course.gradebook() as gradebook:
        update_source(gradebook, release)
        writer = Writer(gradebook, course.config, release, merged)
        for batch in _batches(answers):
            writer.write(batch)
            yield [answer["result"]["student"] for answer in batch]


def _batches(answers):
    batch = []
    for answer in answers:
        batch.append(answer)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class Writer:
    """Writes batches of answers of one assignment."""

    def __init__(self, gradebook, config, release, merged):
        self.db, self.config, self.merged = gradebook.db, config, merged
        assignment = gradebook.find_assignment(release.assignment)
        self.assignment, self.duedate = assignment.id, assignment.duedate
        (self.notebook,) = self.db.scalars(
            select(Notebook.id).where(Notebook.assignment_id == self.assignment)
        ).all()
        self.graded = self._cells(GradeCell) | self._cells(TaskCell)
        self.commented = self._cells(SolutionCell) | self._cells(TaskCell)

    def _cells(self, kind):
        """Map cell ids to names."""
        rows = select(kind.id, kind.name).where(kind.notebook_id == self.notebook)
        return dict(self.db.execute(rows).all())

    def write(self, batch):
        """Write a batch in one transaction."""
        answers = {answer["result"]["student"]: answer for answer in batch}
        try:
            self._add_rows(list(answers))
            rows = self._submissions(list(answers))
            self._write_times(rows, answers)
            self._write_scores(rows, answers)
            self._write_comments(rows, answers)
            self._write_penalties(rows, answers)
            self.db.commit()
        except BaseException:
            self.db.rollback()
            raise
        self.db.expunge_all()
        for student, answer in answers.items():
            self.merged[student] = {
                "submission": answer["submission"],
                "outcome": answer["result"]["outcome"],
            }

    def _submissions(self, students):
        """Read students' rows: the ids of both submission and notebook, times and penalty."""
        return self.db.execute(
            select(
                SubmittedAssignment.id,
                SubmittedAssignment.student_id,
                SubmittedAssignment.timestamp,
                SubmittedAssignment.extension,
                SubmittedNotebook.id.label("notebook"),
                SubmittedNotebook.late_submission_penalty,
            )
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .where(
                SubmittedAssignment.assignment_id == self.assignment,
                SubmittedAssignment.student_id.in_(students),
            )
        ).all()

    def _add_rows(self, students):
        """Add what `Gradebook.add_submission` adds, for those who have no submission yet."""
        known = set(self.db.scalars(select(Student.id).where(Student.id.in_(students))))
        self._insert(Student, [{"id": name} for name in students if name not in known])
        have = {row.student_id for row in self._submissions(students)}
        new = [(name, new_uuid(), new_uuid()) for name in students if name not in have]
        self._insert(
            SubmittedAssignment,
            [{"id": s, "assignment_id": self.assignment, "student_id": name} for name, s, _ in new],
        )
        self._insert(
            SubmittedNotebook,
            [{"id": n, "assignment_id": s, "notebook_id": self.notebook} for _, s, n in new],
        )
        for table, cells in ((Grade, self.graded), (Comment, self.commented)):
            self._insert(
                table, [{"cell_id": cell, "notebook_id": n} for _, _, n in new for cell in cells]
            )

    def _insert(self, table, rows):
        if rows:
            self.db.execute(insert(table), rows)

    def _update(self, table, rows):
        if rows:
            self.db.execute(update(table), rows)

    def _write_times(self, rows, answers):
        """Take over when submissions were handed in, as far as that is known."""
        times = {name: parse_utc(answer["timestamp"] or None) for name, answer in answers.items()}
        changes = [
            {"id": row.id, "timestamp": times[row.student_id]}
            for row in rows
            if times[row.student_id] not in (None, row.timestamp)
        ]
        self._update(SubmittedAssignment, changes)

    def _rows_of(self, table, columns, rows):
        """Yield the student, the cell's id and the row of every grade or comment."""
        of = {row.notebook: row.student_id for row in rows}
        found = select(table.id, table.cell_id, table.notebook_id, *columns)
        for row in self.db.execute(found.where(table.notebook_id.in_(list(of)))):
            yield of[row.notebook_id], row.cell_id, row

    def _write_scores(self, rows, answers):
        marks = {
            name: {mark["name"]: mark["auto"] for mark in answer["result"]["marks"]}
            for name, answer in answers.items()
        }
        columns = (Grade.auto_score, Grade.manual_score, Grade.needs_manual_grade)
        changes = []
        for student, cell, row in self._rows_of(Grade, columns, rows):
            auto = marks[student].get(self.graded[cell], 0.0)
            needs = self._needs_person(answers[student], auto, row)
            if (auto, needs) != (row.auto_score, row.needs_manual_grade):
                changes.append({"id": row.id, "auto_score": auto, "needs_manual_grade": needs})
        self._update(Grade, changes)

    def _needs_person(self, answer, auto, row):
        """Tell whether a person has to look: nobody has, or they looked at something else."""
        if row.manual_score is None:
            return auto is None
        before = self.merged.get(answer["result"]["student"])
        same = before is not None and before["submission"] == answer["submission"]
        return row.needs_manual_grade if same and auto == row.auto_score else True

    def _write_comments(self, rows, answers):
        changes = []
        for student, cell, row in self._rows_of(Comment, (Comment.auto_comment,), rows):
            text = answers[student]["comments"].get(self.commented[cell])
            if text != row.auto_comment:
                changes.append({"id": row.id, "auto_comment": text})
        self._update(Comment, changes)

    def _write_penalties(self, rows, answers):
        """Take points for lateness, by the course's own rule."""
        changes = []
        for row in self._submissions(list(answers)):
            penalty = self._penalty(row)
            if penalty != row.late_submission_penalty:
                changes.append({"id": row.notebook, "late_submission_penalty": penalty})
        self._update(SubmittedNotebook, changes)

    def _penalty(self, row):
        if row.timestamp is None or self.duedate is None:
            return None
        due = self.duedate + row.extension if row.extension else self.duedate
        late = (row.timestamp - due).total_seconds()
        if late <= 0:
            return None
        score = self.db.scalar(
            select(SubmittedNotebook.score).where(SubmittedNotebook.id == row.notebook)
        )
        rule = AssignLatePenalties(config=self.config)
        rule.init_plugin()
        penalty = rule.plugin_inst.late_submission_penalty(row.student_id, score, late)
        if penalty is None:
            return None
        return rule._check_late_penalty(SimpleNamespace(score=score), penalty)


def read_scores(gradebook, assignment):
    """Map students to cells to ``(auto_score, manual_score)`` of an assignment."""
    found = {}
    try:
        identity = gradebook.find_assignment(assignment).id
    except MissingEntry:
        return found
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, BaseCell.name, Grade.auto_score, Grade.manual_score)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .where(SubmittedAssignment.assignment_id == identity)
    )
    for student, cell, auto, manual in rows:
        found.setdefault(student, {})[cell] = (auto, manual)
    return found
