"""Grade every submission of an assignment: read, run, keep, merge, tell."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from tqdm import tqdm

from grading.variants import seeds

from . import changes, tasks
from .course import Course, CourseError, hash_bytes, release, release_key
from .deliver import deliver
from .engines import ENGINES
from .journal import Journal
from .load import load_results
from .merge import merge, read_scores
from .readback import crashed
from .result import Result
from .submissions import enrolled, read_submission
from .summary import needs_person, printable, summarize


@dataclass(frozen=True)
class Options:
    """What the command line says; see ``python -m grading run --help``."""

    assignment: str
    course: str = "."
    engine: str = "processes"
    workers: int = 1
    scheduler: str | None = None
    db: str | None = None
    only: tuple[str, ...] = ()
    yes: bool = False
    dry_run: bool = False
    again: bool = False
    seconds: float = 1800


@dataclass
class Counts:
    """A progress bar with a running count by status."""

    bar: tqdm
    by_status: Counter = field(default_factory=Counter)
    ran: int = 0

    def add(self, answer, ran=False):
        """Count one student."""
        self.by_status[Result.from_dict(answer["result"]).status] += 1
        self.ran += ran
        text = ", ".join(f"{n} {status}" for status, n in sorted(self.by_status.items()))
        self.bar.set_postfix_str(text, refresh=False)
        self.bar.update()


def run(options, grade=None, say=print):
    """Grade an assignment; return the exit code.

    Parameters
    ----------
    options : Options
    grade : callable, optional
        Grades one task, in place of `tasks.grade`.
    say : callable
        Prints a line.

    Returns
    -------
    int
        0 when every mark is settled, 1 when some need a person.

    Raises
    ------
    CourseError
        Nothing could be graded; the message says what to do.
    """
    plain = lambda text: say(printable(text))  # noqa: E731
    course = Course.open(options.course, options.db)
    if grade is None and not options.scheduler:
        course.check_jail()
    release_key(course, options.assignment)  # names a wrong assignment before a folder is made
    journal = Journal(course.state(options.assignment))
    with journal.locked():
        made = release(course, options.assignment)
        students = choose(course, options)
        start = time.perf_counter()
        counts = grade_all(course, made, journal, students, options, grade or tasks.grade)
        seconds = time.perf_counter() - start
        written = write(course, made, journal, students, options, plain)
    results = load_results(course, options.assignment, students)
    for line in summarize(results, counts.ran, seconds):
        plain(line)
    return 0 if written and not needs_person(results) else 1


def choose(course, options):
    """Name the students to grade.

    Raises
    ------
    CourseError
        Nobody is enrolled, or not everyone that was asked for.
    """
    students = enrolled(course, options.assignment)
    unknown = sorted(set(options.only) - set(students))
    if unknown:
        raise CourseError(
            f"Not enrolled: {', '.join(unknown)}. Students are those of the gradebook and those "
            f"with a folder in {course.folders.submitted_directory}/."
        )
    if not students:
        raise CourseError(
            f"There is nobody to grade: {course.folders.submitted_directory}/ holds no student's "
            "folder. Collect the submissions first (nbgrader collect or zip_collect)."
        )
    return [name for name in students if name in options.only] if options.only else students


def grade_all(course, made, journal, students, options, grade):
    """Bring the journal up to date: run what is not in it under the same key."""
    engine = ENGINES[options.engine]
    if not options.only:
        for student in set(journal.students()) - set(students):
            journal.discard(student)
    with tqdm(total=len(students), unit="student", dynamic_ncols=True) as bar:
        counts = Counts(bar)
        todo = pending(course, made, journal, students, options, counts)
        settings = {"scheduler": options.scheduler, "seconds": options.seconds}
        for task, found, problem in engine(grade, todo, options.workers, **settings):
            answer = crashed(task, problem) if found is None else found
            keep(journal, task, answer)
            counts.add(answer, ran=True)
    return counts


def keep(journal, task, answer):
    """Write an answer with what it answers."""
    journal.write(answer | {name: task[name] for name in ("submission", "timestamp")})


def recorded_seeds(course, assignment):
    """Read the seeds of students whose numbers vary.

    Raises
    ------
    CourseError
        Their file cannot be read.
    """
    try:
        return seeds.load(course.root, assignment)
    except ValueError as problem:
        raise CourseError(f"{problem} Put it back, or write the releases again.") from None


def pending(course, made, journal, students, options, counts):
    """Yield the tasks that have to run; what needs no run is kept at once."""
    recorded = recorded_seeds(course, options.assignment)
    for student in students:
        submission = read_submission(course, made, student)
        own = seeds.for_student(options.assignment, student, recorded)
        key = hash_bytes(" ".join([made.key, submission.key, *map(str, own.items())]).encode())
        entry = None if options.again else journal.read(student)
        if entry is not None and entry["result"]["key"] == key:
            counts.add(entry)
            continue
        task = tasks.make_task(made, submission, key, own)
        if submission.outcome:
            answer = tasks.zeros(task, submission.outcome, submission.reason)
            keep(journal, task, answer)
            counts.add(answer)
        else:
            yield task


def write(course, made, journal, students, options, say):
    """Merge the journal into the gradebook; tell whether all of it was written."""
    answers = [entry for entry in map(journal.read, students) if entry is not None]
    with course.gradebook() as gradebook:
        scores = read_scores(gradebook, options.assignment)
    merged = journal.read_merged(course.db_url)
    regraded, resubmitted = changes.find_changes(answers, scores, merged)
    if resubmitted:
        changes.show("New submissions change", resubmitted, say)
    if regraded:
        changes.show("Grading again changes", regraded, say)
    if options.dry_run:
        say("Nothing was written: this was a dry run.")
        return False
    declined = set()
    if regraded and not changes.agreed(options.yes, say):
        declined = {change.student for change in regraded}
    answers = {a["result"]["student"]: a for a in answers if a["result"]["student"] not in declined}
    for batch in merge(course, made, answers.values(), merged):
        journal.write_merged(course.db_url, merged)
        for student in batch:
            submission = read_submission(course, made, student)
            deliver(course, made, submission, answers[student], journal.notebook(student))
    return not declined
