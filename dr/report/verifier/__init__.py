"""What outsiders check a bundle with: two programs that share no code with `dr`, and a guide."""

from importlib.resources import files

TOOLS = ("verify.sh", "verify.py", "VERIFY.md")


def tool(name: str) -> bytes:
    """Return one of them."""
    return files(__name__).joinpath(name).read_bytes()
