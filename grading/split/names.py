"""Which names a test cell needs from elsewhere, and what the given cells import."""

import ast
import builtins


def needed(tree, namespace):
    """Name what a test cell reads and what neither ``namespace`` nor Python knows.

    Parameters
    ----------
    tree : ast.Module
    namespace : dict

    Returns
    -------
    list of str
        In alphabetical order. Names that the cell itself binds may be among them.
    """
    loaded = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load | ast.Del)
    }
    return sorted(name for name in loaded if name not in namespace and not hasattr(builtins, name))


def imports(source):
    """Map each name that a cell's import statements bind to the statement that binds it.

    Parameters
    ----------
    source : str
        The source of a given cell.

    Returns
    -------
    dict of str to ast.stmt
        Empty when the cell is not Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    found = {}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                name = alias.asname or alias.name.partition(".")[0]
                found[name] = statement
    return found
