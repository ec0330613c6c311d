#!/usr/bin/env python3
"""Runs the steps of docs/ci step by step, as the services would: ci-steps.py FOLDER URL SHA256

In a folder with app-docker.tar, which breaks its budget.yaml, and small-hybrid.tar, which keeps it. A wrong checksum must end the job
before anything is installed.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

folder, url, sha256 = Path(sys.argv[1]), *sys.argv[2:]


def run(script, shell, **variables):
    # A step of a service has an environment, and no terminal.
    return subprocess.run(
        [shell, "-e", "-c", script], env=dict(os.environ) | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def expect(condition, what, outcome):
    if not condition:
        sys.exit(f"{what}: status {outcome.returncode}\n{outcome.stdout}{outcome.stderr}")


def action(image, checksum):
    text = (folder / "action.yml").read_text()
    inputs = dict(re.findall(r"^  (\w+):\n(?:    description: .*\n)(?:    default: (.*)\n)?", text, flags=re.M))
    inputs |= {"url": url, "sha256": checksum, "image": image}
    for step in re.split(r"^    - name: ", text, flags=re.M)[1:]:
        name, *_ = step.splitlines()
        named = re.findall(r"^        (\w+): \$\{\{ inputs\.(\w+) \}\}$", step, flags=re.M)
        script = re.sub(r"^        ", "", step.split("run: |\n")[1], flags=re.M)
        outcome = run(script, "bash", GITHUB_STEP_SUMMARY="summary.md", **{variable: inputs[source] for variable, source in named})
        yield name, outcome


def template(image, checksum):
    text = (folder / "strata.gitlab-ci.yml").read_text()
    variables = dict(re.findall(r'^    (STRATA_\w+): "?([^"\n]+)"?$', text, flags=re.M))
    variables |= {"STRATA_URL": url, "STRATA_SHA256": checksum, "STRATA_IMAGE": image}
    for line in re.findall(r"^    - (.+)$", text, flags=re.M):
        outcome = run(line, "bash", **variables)
        yield line, outcome
        if outcome.returncode:
            return


for steps in action, template:
    *before, last = list(steps("app-docker.tar", sha256))
    for name, outcome in before:
        expect(outcome.returncode == 0, name, outcome)
    expect(last[1].returncode == 1 and "max-wasted" in last[1].stdout, "a budget that is broken", last[1])
    *_, last = list(steps("small-hybrid.tar", sha256))
    expect(last[1].returncode == 0, "a budget that is kept", last[1])
    stopped = next(one for one in steps("small-hybrid.tar", "0" * 64) if one[1].returncode != 0)
    expect("Install" in stopped[0] or "sha256sum" in stopped[0], "a wrong checksum", stopped[1])
expect(Path("summary.md").read_text().strip(), "no summary", last[1])
for report in "report.html", "junit.xml":
    expect(Path("image-report", report).exists(), f"no {report}", last[1])
