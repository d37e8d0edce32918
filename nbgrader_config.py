"""nbgrader's settings for the course. Start nbgrader and JupyterLab from this folder."""

import os

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "rnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# nbgrader copies what lies beside a solution into the release. Only notebooks may go.
c.CourseDirectory.ignore = [
    ".*",
    "*.md",
    "*.py",
    "*.pyc",
    "__pycache__",
    "misconceptions*",
]

# Where `nbgrader release_assignment` and `nbgrader collect` meet the students. The
# default is nbgrader's own, /usr/local/share/nbgrader/exchange.
if exchange := os.environ.get("NBGRADER_EXCHANGE"):
    c.Exchange.root = exchange

# Handed-in files of a learning platform, for `nbgrader zip_collect`: the student's name,
# an underscore, the notebook's name, as in ada_02_rnn_cell.ipynb.
c.FileNameCollectorPlugin.named_regexp = (
    r".*[\\/](?P<student_id>[^\\/_]+)_(?P<file_id>\d\d_[a-z_]+)"
)

# What stands where a solution was. The checks know it as "not answered yet".
c.ClearSolutions.code_stub = {
    "python": (
        "# Your code goes here; delete the next line.\n"
        'raise NotImplementedError("not answered yet")'
    )
}
c.ClearSolutions.text_stub = "Your answer goes here: replace this line."

# Tests run in the grader and not in the student's kernel, and come from the release: see
# grading/split. Limits of a notebook are here too, such as c.SplitExecute.notebook_timeout.
# RecordedSeed does something only where `python -m grading variants` recorded seeds.
c.Autograde.sanitize_preprocessors = [
    "grading.split.rebase.Rebase",
    "grading.variants.seeds.RecordedSeed",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grading.jail.execute.JailedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {
    "grading",
    "kernelspec",
    ("language_info", "name"),
}
c.ClearMetadataPreprocessor.preserve_cell_metadata_mask = {"nbgrader"}

# Seconds that one cell may take, and that a kernel may take to start.
c.Execute.timeout = 60
c.Execute.startup_timeout = 60
c.Execute.interrupt_on_timeout = True

# Feedback pages: hidden tests stay hidden, a traceback becomes the line that helps, and a
# question that nobody marked awaits hand grading.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "grading.reports.sanitize.SanitizeStudentWork",
    "grading.reports.feedback.FriendlyFeedback",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.GenerateFeedback.exporter_class = "grading.reports.feedback.FeedbackExporter"

# Every page that shows a student's notebook, formgrader's too: no scripts, no requests.
# Formgrader takes MathJax from its own server.
c.HTMLExporter.preprocessors = [
    "grading.reports.sanitize.SanitizeStudentWork",
    "grading.reports.mathjax.LocalMathJax",
]
c.HTMLExporter.filters = {
    "highlight_code": "grading.reports.sanitize.highlight_python",
    "strip_files_prefix": "grading.reports.sanitize.clean_markdown",
    "clean_html": "grading.reports.sanitize.clean_html",
}
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.exclude_anchor_links = True

# Student code runs in a jail: `nbgrader autograde`, the API and the formgrader page start its
# kernels so. `nbgrader validate` and a learner's own Jupyter do not. One kernel with all that
# it starts: MiB, seconds, numbers. grading/jail/provisioner.py has all settings.
c.JailedProvisioner.memory = 2048
c.JailedProvisioner.cpu_seconds = 600
c.JailedProvisioner.wall_seconds = 900
c.JailedProvisioner.processes = 32
