"""The catalogue of actions: kind → where its class is.

A table and not a scan: what is not listed does not exist, and importing this module imports no
action, so that `dr validate` loads only the kinds a drill uses.
"""

ACTIONS: dict[str, str] = {}
