"""complete-in-shell.py SHELL SCRIPT: types lines into a real shell at a terminal of its own, each with a Tab behind it.

SCRIPT is the shell's completion script, or `installed` for the one that a package put where the shell looks.

The lines come on standard input, each with what it must become behind a tab: of a candidate, the line; of several, texts that are
all listed, between blanks. Prints what did not come, and how long the slowest answer took, in milliseconds.
"""
import os
import pty
import re
import select
import sys
import tempfile
import time

LIMIT = 60.0
shell, script = sys.argv[1:]
is_installed = script == "installed"


def start(home):
    if shell == "bash":
        with open(f"{home}/rc", "w") as file:
            file.write("PS1='ready> '\nbind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\n")
            file.write("bind 'set show-all-if-ambiguous on'\nbind 'set page-completions off'\n")
            file.write("bind 'set completion-query-items 0'\n")
            file.write(f". {'/usr/share/bash-completion/bash_completion' if is_installed else script}\n")
        words = ["bash", "--noprofile", "--rcfile", f"{home}/rc", "-i"]
    elif shell == "zsh":
        with open(f"{home}/.zshrc", "w") as file:
            if not is_installed:
                file.write(f"fpath=({os.path.dirname(script)} $fpath)\n")
            file.write("autoload -Uz compinit; compinit -u -D\n")
            file.write("PS1='ready> '\nLISTMAX=100000\nunsetopt zle_bracketed_paste prompt_cr prompt_sp\n")
        words = ["zsh", "-i"]
    else:
        os.makedirs(f"{home}/.config/fish/completions")
        # Else the first start reads all man pages in the background, and writes what it finds into a home that is removed meanwhile.
        os.makedirs(f"{home}/.local/share/fish/generated_completions")
        if not is_installed:
            os.symlink(script, f"{home}/.config/fish/completions/strata.fish")
        with open(f"{home}/.config/fish/config.fish", "w") as file:
            file.write("set -g fish_greeting\nfunction fish_prompt; echo 'ready> '; end\n")
        words = ["fish", "-i"]
    child, terminal = pty.fork()
    if child == 0:
        keep = ["PATH", "STRATA_STORE"]
        variables = {name: os.environ[name] for name in keep} | {"HOME": home, "TERM": "xterm" if shell == "fish" else "dumb", "LINES": "400", "COLUMNS": "200"}
        os.execvpe(words[0], words, variables)
    return child, terminal


def read_until(terminal, is_done, limit=LIMIT):
    text, end = "", time.monotonic() + limit
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.02)[0]:
            try:
                text += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
            text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\(B|[\x07\x0f]", "", text)
        if is_done(text):
            return text, True
    return text, False


def main():
    slowest = 0.0
    for line in sys.stdin.read().splitlines():
        typed, expected = line.split("\t")
        # A shell may leave something running that still writes there.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            child, terminal = start(home)
            read_until(terminal, lambda text: "ready> " in text)
            # A shell is ready for keys a moment after its prompt.
            os.write(terminal, typed.encode())
            read_until(terminal, lambda text: typed in text.replace("\r", "").replace("\n", ""), 10)
            began = time.monotonic()
            os.write(terminal, b"\t")
            # What stands there already is not an answer.
            parts = [expected] if expected.startswith(typed) else expected.split(" ")
            rest = [part[len(typed):] if part.startswith(typed) else part for part in parts]
            text, is_done = read_until(terminal, lambda text: all(part in text for part in rest))
            slowest = max(slowest, time.monotonic() - began)
            if not is_done:
                print(f"`{typed}` does not become `{expected}`: {text!r}")
            os.close(terminal)
            os.waitpid(child, 0)
    print(f"slowest {slowest * 1000:.0f}", file=sys.stderr)


main()
