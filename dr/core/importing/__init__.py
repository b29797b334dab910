"""From other tools' experiments to a drill: what can be said is said, the rest is named as a gap.

Pure: text in, an outline out, and of the outline the text of a drill. Nothing of a foreign file is
trusted: whatever has an unexpected form becomes a gap.
"""
