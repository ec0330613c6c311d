#!/usr/bin/env python3
"""Writes the man pages of strata: manpages.py PROGRAM FOLDER

A page for every command, made from what the program says of its own command tree, which is what --help shows. Pages that are written
by hand stand in Packaging/man; what strata(1) says besides its commands is Packaging/man/strata.inc.
"""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent / "man"
DAY = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def escaped(text):
    """Text for roff: what it takes for markup, and characters that mean something else in typesetting."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text).replace("`", "\\(ga").replace("…", "...")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def name(argument):
    """How an argument is typed: all its names, short ones first, and its value."""
    value = "\\fI" + escaped(argument["valueName"]) + "\\fR"
    if argument["kind"] == "positional":
        return value + ("..." if argument["isRepeating"] else "")
    names = sorted(argument["names"], key=lambda one: one["kind"] == "long")
    typed = ", ".join("\\fB" + escaped(("--" if one["kind"] == "long" else "-") + one["name"]) + "\\fR" for one in names)
    return typed if argument["kind"] == "flag" else f"{typed} {value}"


def shown(command):
    return [one for one in command.get("arguments", []) if one["shouldDisplay"]]


def described(arguments):
    lines = []
    for one in arguments:
        # The parser notes its own defaults and values behind what was written.
        notes = []
        if one.get("allValues"):
            notes.append("values: " + ", ".join(one["allValues"]))
        if one.get("defaultValue"):
            notes.append("default: " + one["defaultValue"])
        about = one.get("abstract", "") + (f" ({'; '.join(notes)})" if notes else "")
        lines += [".TP", name(one), escaped(about) or "\\&"]
    return lines


def paragraphs(text):
    lines = []
    for number, paragraph in enumerate(text.split("\n\n")):
        lines += ([".PP"] if number else []) + [escaped(" ".join(paragraph.split()))]
    return lines


def synopsis(words, command):
    parts = ["\\fBstrata" + "".join(" " + escaped(word) for word in words) + "\\fR", "[\\fIoptions\\fR]"]
    if command.get("subcommands"):
        return " ".join(parts + ["\\fIcommand\\fR"])
    for one in shown(command):
        if one["kind"] == "positional":
            typed = name(one)
            parts.append(f"[{typed}]" if one["isOptional"] else typed)
    return " ".join(parts)


def page(words, command, others, version):
    title = "strata" + "".join("-" + word for word in words)
    abstract = command.get("abstract", "").rstrip(".")
    titles = [title] + ["strata" + "".join("-" + word for word in other) for other in others]
    lines = [f'.TH "{escaped(title.upper())}" 1 {DAY} "strata {version}" "strata"', ".nh", ".ad l", ".SH NAME"]
    lines += [", ".join(escaped(one) for one in titles) + " \\- " + escaped(abstract[:1].lower() + abstract[1:])]
    lines += [".SH SYNOPSIS"]
    for number, spelling in enumerate([words] + others):
        lines += ([".br"] if number else []) + [synopsis(spelling, command)]
    lines += [".SH DESCRIPTION"] + paragraphs(command.get("abstract", ""))
    if command.get("discussion"):
        lines += [".PP"] + paragraphs(command["discussion"])
    if command.get("aliases"):
        spellings = [" ".join(["strata"] + words[:-1] + [alias]) for alias in command["aliases"]]
        lines += [".PP", "Second spelling: " + ", ".join("\\fB" + escaped(one) + "\\fR" for one in spellings) + "."]
    arguments = shown(command)
    positional = [one for one in arguments if one["kind"] == "positional"]
    if positional:
        lines += [".SH ARGUMENTS"] + described(positional)
    verbs = [one for one in command.get("subcommands", []) if one["commandName"] != "help"]
    if verbs:
        lines += [".SH COMMANDS"]
        for verb in verbs:
            link = "-".join([title, verb["commandName"]])
            lines += [".TP", f"\\fB{escaped(link)}\\fR(1)", escaped(verb.get("abstract", "")) or "\\&"]
    lines += [".SH OPTIONS"]
    options = [one for one in arguments if one["kind"] != "positional"]
    lines += described([one for one in options if not one.get("sectionTitle")])
    for section in dict.fromkeys(one["sectionTitle"] for one in options if one.get("sectionTitle")):
        lines += [f".SS {escaped(section)}"] + described([one for one in options if one.get("sectionTitle") == section])
    also = ["strata"] + (["strata-" + words[0]] if len(words) > 1 else [])
    if words:
        files = [("policy", "strata-policy"), ("budget", "strata-budget")]
        also_files = [page for option, page in files if any(one.get("preferredName", {}).get("name") == option for one in options)]
        lines += [".SH EXIT STATUS", "See", "\\fBstrata\\fR(1).", ".SH SEE ALSO"]
        lines += [", ".join([f"\\fB{escaped(one)}\\fR(1)" for one in also] + [f"\\fB{escaped(one)}\\fR(5)" for one in also_files])]
    else:
        lines += [(HERE / "strata.inc").read_text().rstrip()]
    return "\n".join(lines) + "\n"


def commands(command, words=()):
    yield list(words), command
    for one in command.get("subcommands", []):
        if one["commandName"] != "help" and one.get("shouldDisplay", True):
            yield from commands(one, (*words, one["commandName"]))


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    root = json.loads(run(program, "--experimental-dump-help"))["command"]
    version = run(program, "--version").split()[1]
    # `strata image pull` is `strata pull`: one page with both names, under the shorter one.
    pages = {}
    for words, command in sorted(commands(root), key=lambda one: len(one[0])):
        same = json.dumps([command.get("abstract"), command.get("arguments"), command.get("subcommands")], sort_keys=True)
        pages.setdefault(same, []).append((words, command))
    for spellings in pages.values():
        words, command = spellings[0]
        others = [other for other, _ in spellings[1:]]
        title = "-".join(["strata", *words])
        (folder / f"{title}.1").write_text(page(words, command, others, version))
        for other in others:
            link = folder / ("-".join(["strata", *other]) + ".1")
            link.unlink(missing_ok=True)
            link.symlink_to(f"{title}.1")
    for written in HERE.glob("*.5"):
        text = written.read_text().replace("@DAY@", DAY).replace("@VERSION@", version)
        (folder / written.name).write_text(text)


main()
