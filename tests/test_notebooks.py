"""Every committed notebook is stripped, valid and findable; every exercise keeps the rules."""

from __future__ import annotations

import ast
import collections
import json
import re

import nbformat
import notebooks as nb
import pytest
import yaml

ALL = [*nb.CHAPTERS, *nb.SOLUTIONS, *nb.RELEASED]
each_notebook = pytest.mark.parametrize("path", ALL, ids=nb.short)
each_solution = pytest.mark.parametrize("path", nb.SOLUTIONS, ids=nb.short)
each_chapter = pytest.mark.parametrize("path", nb.CHAPTERS, ids=nb.short)

READABLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,63}")
BACK_MATTER = ("attacks", "corrections", "performance", "replications")  # read in no order
DRAWS = re.compile(r"plt\.(subplots|figure|plot|imshow|bar|scatter|semilogy|semilogx|loglog)\(")


def raw(path):
    """Read a notebook as plain JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


@each_notebook
def test_notebook_is_valid(path):
    nbformat.validate(raw(path))


@each_notebook
def test_notebook_carries_no_outputs(path):
    for cell in raw(path)["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], cell["id"]
            assert cell["execution_count"] is None, cell["id"]


@each_notebook
def test_cell_ids_are_unique_and_readable(path):
    ids = [cell["id"] for cell in raw(path)["cells"]]
    assert [id for id, count in collections.Counter(ids).items() if count > 1] == []
    assert [id for id in ids if not READABLE.fullmatch(id)] == []


@each_notebook
def test_metadata_names_the_kernel_and_nothing_personal(path):
    metadata = raw(path)["metadata"]
    assert set(metadata) == {"kernelspec", "language_info"}
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["language_info"] == {"name": "python"}


@each_notebook
def test_cell_metadata_holds_known_keys(path):
    allowed = {"nbgrader", "tags", "mystnb", "deletable", "editable"}
    for cell in raw(path)["cells"]:
        assert set(cell["metadata"]) <= allowed, cell["id"]


@each_notebook
def test_notebook_starts_with_its_title(path):
    first = nb.read(path)[0]
    assert first.kind == "markdown"
    assert first.source.startswith("# ")


@each_notebook
def test_notebook_is_named_like_its_neighbours(path):
    assert path.stem in BACK_MATTER or re.fullmatch(r"\d\d_[a-z_]+", path.stem)
    assert path.parent.name in (path.stem, "book")


@each_chapter
def test_every_drawing_cell_has_alt_text(path):
    for cell in raw(path)["cells"]:
        if cell["cell_type"] == "code" and DRAWS.search("".join(cell["source"])):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 10, cell["id"]


@each_chapter
def test_every_figure_directive_has_alt_text(path):
    for cell in nb.read(path):
        for figure in re.finditer(r"^(`{3,}|:{3,})\{figure\}.*?^\1", cell.source, re.M | re.S):
            assert re.search(r"^:alt: \S", figure[0], re.M), cell.id


@each_chapter
def test_every_schematic_has_its_script(path):
    for cell in nb.read(path):
        for name in re.findall(r"figures/(\w+)\.svg", cell.source):
            scripts = f"figures/{name}.py", f"assets/interactive/{name}.js"
            assert any((nb.ROOT / "book" / script).exists() for script in scripts), cell.id


def test_contents_list_every_page_that_exists():
    toc = yaml.safe_load((nb.ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    listed = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    pages = [*nb.CHAPTERS, *nb.RELEASED, *(nb.ROOT / "book").glob("*.md")]
    assert sorted(listed) == sorted(nb.short(page.with_suffix("")) for page in pages)


@each_solution
def test_grade_ids_are_unique_and_equal_the_cell_ids(path):
    cells = raw(path)["cells"]
    graded = [c for c in cells if "nbgrader" in c["metadata"]]
    ids = [c["metadata"]["nbgrader"]["grade_id"] for c in graded]
    assert len(set(ids)) == len(ids)
    assert ids == [c["id"] for c in graded]


@each_solution
def test_nbgrader_metadata_is_of_the_current_schema(path):
    keys = {"schema_version", "grade_id", "locked", "grade", "solution", "task"}
    for cell in raw(path)["cells"]:
        metadata = cell["metadata"].get("nbgrader")
        if metadata:
            assert set(metadata) - {"cell_type", "points"} == keys, cell["id"]
            assert metadata["schema_version"] == 3
            assert ("points" in metadata) == metadata["grade"], cell["id"]


@each_solution
def test_every_cell_but_answers_is_locked(path):
    free = [cell.id for cell in nb.read(path) if cell.role == "free"]
    assert not free


@each_solution
def test_exercise_has_five_graded_tasks_and_one_explanation(path):
    cells = nb.read(path)
    assert len(nb.of_role(cells, "solution")) >= 5
    assert len([cell for cell in cells if cell.role == "manual"]) >= 1
    assert all(cell.points > 0 for cell in cells if cell.role in ("test", "manual"))


@each_solution
def test_one_function_per_answer_and_its_shape_docstring_stays(path):
    for cell in nb.of_role(nb.read(path), "solution"):
        before = cell.source.split("### BEGIN SOLUTION")[0]
        assert "### BEGIN SOLUTION" in cell.source, cell.id
        functions = [
            node
            for node in ast.parse(cell.source).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        assert len(functions) <= 1, cell.id
        for function in functions:
            assert function.name in before, cell.id
            assert ast.get_docstring(function), cell.id
            assert '"""' in before, cell.id


@each_solution
def test_every_task_has_a_visible_and_a_hidden_check_or_partial_credit(path):
    cells = nb.read(path)
    for solution in nb.of_role(cells, "solution"):
        checks = [t for t in nb.of_role(cells, "test") if t.names & solution.defines]
        hidden = ["### BEGIN HIDDEN TESTS" in check.source for check in checks]
        assert False in hidden, solution.id
        partial = any("partial_credit(" in check.source for check in checks)
        assert True in hidden or partial, solution.id


@each_solution
def test_points_in_the_title_are_the_points_of_the_cells(path):
    cells = nb.read(path)
    total = sum(cell.points for cell in cells if cell.role in ("test", "manual"))
    found = re.search(r"(\d+) points", cells[0].source)
    assert found, "the first cell says how many points there are"
    assert float(found[1]) == total
