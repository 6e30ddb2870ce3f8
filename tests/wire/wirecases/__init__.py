"""All cases, by theme. A module here defines `theme`, a Theme with its cases."""

import importlib
import pkgutil

THEMES = [importlib.import_module(f"{__name__}.{module.name}").theme
          for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)]
CASES = [case for theme in THEMES for case in theme.cases]

_ids = [case.id for case in CASES]
assert len(_ids) == len(set(_ids)), sorted(i for i in _ids if _ids.count(i) > 1)
