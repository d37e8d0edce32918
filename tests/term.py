"""A term of the instructor's guide, command by command, in a temporary course.

Three students hand in: ada is right, lea is late and partly right, and eve's notebook carries
scripts. `COMMANDS` are lines of the guide; `Term.command` runs one and remembers that it did.
"""

from __future__ import annotations

import csv
import shlex
import shutil
import subprocess
import sys

import nbformat
from test_feedback import ATTACKS
from test_grading_cycle import ASSIGNMENT, MANUAL, STUDENTS, Cycle, fill_in, read_answers

# Run by tests/browser/test_formgrader.py, where a class is graded.
WITH_A_CLASS = {
    "import": "nbgrader db student import students.csv",
    "generate": f"nbgrader generate_assignment {ASSIGNMENT} --force",
    "zip_collect": f"nbgrader zip_collect {ASSIGNMENT}",
    "run": f"python -m grading run {ASSIGNMENT}",
    "feedback": f"nbgrader generate_feedback {ASSIGNMENT}",
    "report": f"python -m grading report {ASSIGNMENT} --out reports",
}
# Run by tests/test_guide_commands.py.
WITHOUT_MARKS = {
    "import": WITH_A_CLASS["import"],
    "generate": WITH_A_CLASS["generate"],
    "variants": f"python -m grading variants {ASSIGNMENT} --students students.txt",
    "check": f"python -m grading check work/{ASSIGNMENT}",
    "canvas": f"python -m grading report {ASSIGNMENT} --canvas canvas-export.csv",
    "moodle": f"python -m grading report {ASSIGNMENT} --moodle worksheet.csv",
    "similarity": f"python -m grading report {ASSIGNMENT} --similarity",
}
COMMANDS = WITH_A_CLASS | WITHOUT_MARKS
CLASS = {"ada": "Ada,Lovelace", "eve": "Eve,Adams", "lea": "Lea,Late", "zoe": "Zoe,Absent"}
HANDED_IN = ("ada", "eve", "lea")
CORRECTED = "fade_steps_hidden"  # the test that is changed later

# Set by the script of eve's that runs; the other attacks open a dialogue or ask another host.
MARKER = "<script>window.hostile = true</script><img src=x onerror='window.hostile = true'>"
# Shown by eve's outputs and text, so that a test sees that they are on the page.
SHOWN = "output of a hostile cell"
DISPLAY = f"""
from IPython.display import HTML, SVG, Javascript, Markdown, display
for attack in {[*ATTACKS, MARKER]!r}:
    display(HTML(attack + "<p>{SHOWN}</p>"), Markdown(attack))
display(Javascript("window.hostile = true"))
display({{"image/svg+xml": "<svg onload='window.hostile = true'></svg>"}}, raw=True)
"""


class Term(Cycle):
    """A course in which the guide's commands run."""

    def __init__(self, folder):
        super().__init__(folder)
        self.ran = set()
        lines = [f"{name},{names},{name}@example.org" for name, names in CLASS.items()]
        (self.course / "students.csv").write_text(
            "\n".join(["id,first_name,last_name,email", *lines, ""])
        )
        (self.course / "students.txt").write_text("\n".join([*CLASS, ""]))
        (self.course / "canvas-export.csv").write_text(
            f"Student,ID,SIS User ID,SIS Login ID,Section,{ASSIGNMENT} (77)\n"
            ' Points Possible,,,,,23\n"Lovelace, Ada",11,,ada,A,\n'
        )
        (self.course / "worksheet.csv").write_text(
            "Identifier,Full name,Email address,Status,Grade,Maximum Grade,"
            "Last modified (grade)\n"
            "Participant 7,Ada Lovelace,ada@example.org,Submitted,,23,-\n",
            encoding="utf-8-sig",
        )

    def command(self, name, *more, code=0):
        """Run a line of the guide, with ``more`` behind it; return all that it said."""
        program, *arguments = shlex.split(COMMANDS[name])
        done = subprocess.run(
            [sys.executable if program == "python" else program, *arguments, *more],
            cwd=self.course,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == code, done.stdout + done.stderr
        self.ran.add(COMMANDS[name])
        return done.stdout + done.stderr

    def released(self):
        """Give the notebook that students get."""
        return self.course / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"

    def hand_in(self, student):
        """Put a student's file where the learning platform's files are put; give its path."""
        archive = self.course / "downloaded" / ASSIGNMENT / "archive"
        archive.mkdir(parents=True, exist_ok=True)
        notebook = archive / f"{student}_{ASSIGNMENT}.ipynb"
        shutil.copy(self.released(), notebook)
        known = "ada" if student == "eve" else student
        answers = read_answers(STUDENTS / f"{known}.txt")
        if student == "eve":
            answers["rnn_step"] += "\n" + DISPLAY
            # A blank line between them, so that Markdown takes each for HTML of its own.
            answers[MANUAL] = "\n\n".join([SHOWN, *ATTACKS, MARKER])
        fill_in(notebook, answers)
        return notebook

    def learn(self, student):
        """Put a student's answers into ``work/``, where a learner has them; give the path."""
        target = self.course / "work" / ASSIGNMENT
        target.mkdir(parents=True, exist_ok=True)
        notebook = target / f"{ASSIGNMENT}.ipynb"
        shutil.copy(self.released(), notebook)
        fill_in(notebook, read_answers(STUDENTS / f"{student}.txt"))
        return notebook

    def change_a_test(self):
        """Write another hidden test into the solution: one that nobody passes."""
        path = self.course / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        content = nbformat.read(path, as_version=4)
        (cell,) = (
            one
            for one in content.cells
            if one.metadata.get("nbgrader", {}).get("grade_id") == CORRECTED
        )
        cell.source = "### BEGIN HIDDEN TESTS\nassert fade_steps[0] == 0\n### END HIDDEN TESTS"
        nbformat.write(content, path)

    def autograded(self, student):
        """Read what grading left of a submission."""
        folder = self.course / "autograded" / student / ASSIGNMENT
        return nbformat.read(folder / f"{ASSIGNMENT}.ipynb", as_version=4)

    def by_hand(self):
        """Map each student to the mark and the comment that a person gave."""
        found = {}
        with self.gradebook() as book:
            for student in HANDED_IN:
                grade = book.find_grade(MANUAL, ASSIGNMENT, ASSIGNMENT, student)
                comment = book.find_comment(MANUAL, ASSIGNMENT, ASSIGNMENT, student)
                found[student] = (grade.manual_score, comment.manual_comment)
        return found

    def reported(self, folder="reports"):
        """Read the report's CSV: what each student has in each question."""
        path = self.course / folder / f"{ASSIGNMENT}-questions.csv"
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {(row["student"], row["question"]): row for row in csv.DictReader(file)}
