"""The long texts of the codes of the text: its syntax and its shape."""

from typing import Final

from dr.core import codes
from dr.core.explanation import Explanation

EXPLAINED_TEXT: Final = {
    codes.YAML_SYNTAX: Explanation(
        "not YAML",
        "The text cannot be read as YAML 1.2. The place is where the reader gave up;\n"
        "the mistake is there or a little above: a tab for indentation, a bracket or\n"
        "quote that is not closed, text with `: ` that is not in quotes.",
        "title: Orders: zone loss",
        'title: "Orders: zone loss"',
    ),
    codes.NOT_UTF8: Explanation(
        "not UTF-8",
        "A drill is a text file in UTF-8. Editors of some systems still save in another\nencoding.",
        "title: caf\\xe9   (saved as Latin-1)",
        "title: café      (saved as UTF-8)",
    ),
    codes.CONTROL_CHARACTER: Explanation(
        "an invisible character",
        "Control characters and the marks that turn the direction of text make a file\n"
        "look different from what it says, and can steer the terminal of whoever reads\n"
        "it. A reviewer must see what will run, so they are refused, also as escapes in\n"
        "quotes.",
        'title: "alarm\\e[2J"',
        'title: "alarm"',
    ),
    codes.TOO_LARGE: Explanation(
        "too large",
        "A drill is read by people. More than a megabyte, or more than twenty thousand\n"
        "values, is a mistake or an attack, and would take seconds to read.",
        "disrupt: [ ...a million entries... ]",
        "disrupt: [ ...the steps of one drill... ]",
    ),
    codes.TOO_DEEP: Explanation(
        "nested too deeply",
        "Nothing in a drill is nested more than a few levels; forty are allowed.",
        "with: {a: {a: {a: ...forty more... }}}",
        "with: {a: 1}",
    ),
    codes.ANCHOR: Explanation(
        "anchors, aliases and merge keys are refused",
        "A few lines of aliases can stand for gigabytes, and a reviewer of one line\n"
        "would have to look for its meaning elsewhere. Write things out.",
        "site: &here primary\n...\nsite: *here",
        "site: primary\n...\nsite: primary",
    ),
    codes.UNKNOWN_FIELD: Explanation(
        "unknown field",
        "The field does not exist here. A silent misspelling would mean that a time\n"
        "limit or a guard is not there; so nothing is ignored. `dr schema drill` tells\n"
        "editors which fields there are.",
        "timout: 5m",
        "within: 5m",
    ),
    codes.DUPLICATE_KEY: Explanation(
        "a key appears twice",
        "Most readers of YAML keep the last of two equal keys and say nothing: one of\n"
        "the two is not what it seems.",
        "within: 1m\nwithin: 5m",
        "within: 5m",
    ),
    codes.MISSING_FIELD: Explanation(
        "a field is missing",
        "Some fields have no sensible default. `dr schema drill` describes them, `dr\n"
        "actions KIND` those of a kind.",
        "disrupt:\n  - {id: fail-over}",
        "disrupt:\n  - {id: fail-over, kind: aws.rds.failover}",
    ),
    codes.DURATION: Explanation(
        "a length of time needs a unit",
        "Nobody can say what `within: 5` means. Write a number and a unit: us, ms, s,\n"
        "m, h or d; parts may follow each other.",
        "within: 90",
        "within: 1m30s",
    ),
    codes.UNQUOTED_ID: Explanation(
        "an identifier is written as a number",
        "An account id without quotes is a number: leading zeros are lost, and other\n"
        "YAML readers take it for an octal one. Put identifiers in quotes.",
        "account: 012345678901",
        'account: "012345678901"',
    ),
    codes.BAD_NAME: Explanation(
        "not a name",
        "Names of ours are lower-case letters, digits and dashes, begin with a letter\n"
        "and have at most 63 characters, because they become parts of file names, tags\n"
        "and resource names. Accounts have 12 digits; Regions are named like us-east-1.",
        "id: Fail_Over",
        "id: fail-over",
    ),
    codes.BAD_CHOICE: Explanation(
        "not one of the choices",
        "The field takes one of a few words; `dr schema drill` tells editors which ones.",
        "scenario: zoneloss",
        "scenario: zone-loss",
    ),
    codes.WRONG_TYPE: Explanation(
        "wrong type",
        "Text, a whole number, true or false, a list and a mapping are different\n"
        "things; nothing is converted silently. In YAML 1.2 yes, no, on and off are\n"
        "text.",
        "control: yes",
        "control: true",
    ),
    codes.WRONG_VALUE: Explanation(
        "wrong value",
        "The value has the right type but is not allowed: too small, empty, or not of\n"
        "the form that is asked for.",
        "ups: 0",
        "ups: 3",
    ),
    codes.EMPTY: Explanation(
        "empty file",
        "There is nothing in the file, or nothing but comments.",
        "# drill to come",
        "drill: zone-loss\ntitle: ...",
    ),
    codes.NOT_A_MAPPING: Explanation(
        "not a mapping",
        "A drill is a mapping: its fields stand at the beginning of lines.",
        "- drill: zone-loss",
        "drill: zone-loss",
    ),
    codes.SEVERAL_DOCUMENTS: Explanation(
        "several documents in one file",
        "One file is one drill: its hash stands for exactly one definition.",
        "drill: a\n---\ndrill: b",
        "drill: a      (and b in a file of its own)",
    ),
    codes.KEY_NOT_TEXT: Explanation(
        "a key is not text",
        "Keys are words. What YAML reads as a number, as true or as nothing needs\n"
        "quotes to be a key.",
        "require_tag: {1: yes}",
        'require_tag: {"1": "yes"}',
    ),
    codes.TAG: Explanation(
        "tags and directives are refused",
        "A tag changes what a value means, and in some readers runs code.",
        "account: !!str 123456789012",
        'account: "123456789012"',
    ),
    codes.NUMBER: Explanation(
        "not a number a drill can hold",
        "Plans and evidence hold no fractions, because languages print them\n"
        "differently, and no number above 2^53. Use whole numbers, lengths of time with\n"
        "a unit, or text.",
        "every: 0.5",
        "every: 500ms",
    ),
    codes.UNREADABLE: Explanation(
        "the file cannot be read",
        "It does not exist, is a directory, or may not be read.",
        "dr validate dril.yaml",
        "dr validate drills/zone-loss.yaml",
    ),
    codes.FOREIGN_FORM: Explanation(
        "not what it was said to be",
        "`dr import fis` reads an experiment template as `aws fis get-experiment-template`\n"
        "prints it, `dr import chaostoolkit` an experiment, in JSON or YAML.",
        "dr import fis experiment.json   (of Chaos Toolkit)",
        "dr import chaostoolkit experiment.json",
    ),
    codes.GAP: Explanation(
        "a gap (a warning)",
        "What is imported says this, and a drill cannot; or a drill must say it, and what is\n"
        "imported does not. The place in the drill has a comment that begins with GAP.",
        "aws:ec2:stop-instances   (there is no kind of step for it)",
        "a step of yours instead, or an entry of `exclusions`",
    ),
}
