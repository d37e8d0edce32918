"""Questions with answers to choose from, written as a Markdown task list.

::

    :::{self-check} name

    The question.

    - [ ] A wrong answer.

      Why one may think so, and what is right.

    - [x] The right answer.

      Why it is right.

    :::

Jupyter shows the same lines as a readable list. The page holds radio buttons, or check boxes
where several answers are right, and all explanations in a ``<details>`` that works without
JavaScript; ``self-check.js`` shows the explanation of the chosen answer.
"""

from __future__ import annotations

import string

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .html_nodes import element


class SelfCheck(SphinxDirective):
    """The directive ``self-check``; its argument is the name, unique in the book."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Turn the question and its task list into a form."""
        body = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, body)
        if not body.children or not isinstance(body[0], nodes.paragraph):
            raise self.error("self-check: the first paragraph must be the question")
        if not is_task_list(body[-1]):
            raise self.error("self-check: the answers, a list of '- [ ]', must come last")
        answers = [self.answer(item) for item in body[-1]]
        right = sum(is_right for is_right, _, _ in answers)
        if len(answers) < 2 or not right:
            raise self.error("self-check: at least two answers, one of them '- [x]'")
        if right == len(answers):
            raise self.error("self-check: one answer at least must be wrong, '- [ ]'")
        form = build(self.arguments[0], body[0], body[1:-1], answers)
        form["names"].append(self.arguments[0])
        self.state.document.note_explicit_target(form, form)
        self.set_source_info(form)
        return [form]

    def answer(self, item: nodes.list_item) -> tuple[bool, list, list]:
        """Split a list item: is it right, its text, its explanation."""
        box = next(iter(item.findall(nodes.raw)), None)
        if box is None or "checkbox" not in box.astext():
            raise self.error(f"self-check: no '[ ]' or '[x]' before {item.astext()[:40]!r}")
        box.parent.remove(box)
        text, *why = item.children
        if not why:
            raise self.error(f"self-check: no explanation below {text.astext().strip()[:40]!r}")
        return "checked=" in box.astext(), text.children, why


def is_task_list(node: nodes.Node) -> bool:
    """Tell whether MyST found a box in some item of the list."""
    return isinstance(node, nodes.bullet_list) and "contains-task-list" in node["classes"]


def build(name: str, question: nodes.paragraph, more: list, answers: list) -> nodes.Element:
    """Compose the form: the question, the answers, and the explanations below."""
    several = sum(is_right for is_right, _, _ in answers) > 1
    title = "Self-check: choose all that are right" if several else "Self-check"
    heading = element("span", title, class_="self-check-title")
    choices, reasons = [], []
    for letter, (is_right, text, why) in zip(string.ascii_uppercase, answers, strict=False):
        key = f"{name}-{letter.lower()}"
        choices.append(choice(name, key, letter, text, "checkbox" if several else "radio"))
        reasons.append(reason(f"{key}-why", letter, is_right, why))
    return element(
        "div",
        element("fieldset", element("legend", heading, " ", *question.children), *more, *choices),
        element("button", "Check", type="button"),
        element("div", role="status", class_="self-check-feedback"),
        element("details", element("summary", "Answer and explanations"), *reasons),
        class_="self-check",
    )


def choice(name: str, key: str, letter: str, text: list, kind: str) -> nodes.Element:
    """Compose one answer: a button or a box, and its label."""
    box = element("input", type=kind, name=name, id=key)
    mark = element("span", letter, class_="self-check-letter")
    label = element("label", mark, " ", element("span", *text), for_=key)
    return element("div", box, label, class_="self-check-answer")


def reason(key: str, letter: str, is_right: bool, why: list) -> nodes.Element:
    """Compose the explanation of one answer."""
    verdict = "right" if is_right else "wrong"
    heading = element("p", element("strong", f"{letter} is {verdict}."))
    return element("div", heading, *why, id=key, class_=f"self-check-why is-{verdict}")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_directive("self-check", SelfCheck)
    app.add_js_file("self-check.js", loading_method="defer")
    app.add_css_file("self-check.css")
