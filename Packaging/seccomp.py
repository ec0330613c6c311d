#!/usr/bin/env python3
"""Writes the table of the calls of the system that containers may make, from Docker's default profile.

    apt-get source --download-only docker.io
    tar -xOf docker.io_26.1.5+dfsg1.orig.tar.xz --wildcards '*/engine/profiles/seccomp/default.json' |
        Packaging/seccomp.py > Sources/OCISpec/Runtime/RuntimeSpec+SeccompTable.swift

Of the machines that the profile knows those are taken that strata runs on. A rule of a kind that this does not know ends it.
"""
import json
import sys
import textwrap

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
NAMES = {"SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_MASKED_EQ"}
# What `clone3` and the flags of `clone` need is said in words beside the table.
APART = {"clone", "clone3"}
# Of kernels older than any that runs a program of these days.
KERNEL = "4.8"


def main():
    profile = json.load(sys.stdin)
    always, conditions = [], []
    machines = {name: [] for name in ARCHITECTURES}
    guarded = {}
    for rule in profile["syscalls"]:
        rule = {key: value for key, value in rule.items() if value and key != "comment"}
        names, includes, arguments = rule.pop("names"), rule.pop("includes", {}), rule.pop("args", [])
        excludes, action = rule.pop("excludes", {}), rule.pop("action")
        if includes == {"minKernel": KERNEL}:
            includes = {}
        if set(names) <= APART and (excludes or includes.get("arches")):
            continue
        known = action == "SCMP_ACT_ALLOW" and not rule and not excludes and all(part["op"] in NAMES for part in arguments)
        if known and set(includes) == {"caps"} and len(includes["caps"]) == 1 and not arguments:
            guarded.setdefault(includes["caps"][0], []).extend(name for name in names if name not in APART)
        elif known and set(includes) == {"arches"} and not arguments:
            for machine, name in ARCHITECTURES.items():
                machines[machine] += names if name in includes["arches"] else []
        elif known and not includes and arguments:
            [part] = arguments
            conditions += [(name, part["index"], part["value"], part.get("valueTwo", 0), part["op"]) for name in names]
        elif known and not includes:
            always += names
        else:
            sys.exit(f"no word for the rule of {', '.join(names)}")
    print("// Written by Packaging/seccomp.py from Docker's default profile, as Debian's source package docker.io has it; do not edit.")
    print("// https://github.com/moby/moby/blob/v26.1.5/profiles/seccomp/default.json\n")
    print("extension RuntimeSpec.Seccomp {")
    print("    /// Calls that every container may make.")
    print(f"    static let allowed = {words(always)}\n")
    print("    /// The same of this kind of machine alone.")
    for place, (machine, names) in enumerate(machines.items()):
        print(f"    #{'else' if place else ''}if arch({machine})")
        print(f"        static let allowedOfMachine = {words(names, 8)}")
    print("    #else\n        static let allowedOfMachine: [String] = []\n    #endif\n")
    print("    /// Calls that come with a capability.")
    print("    static let guarded: [String: [String]] = [")
    for capability, names in sorted(guarded.items()):
        print(f'        "{capability}": {words(names, 8)},')
    print("    ]\n")
    print("    /// Calls that every container may make with these arguments.")
    print("    static let conditions: [(name: String, argument: Rule.Argument)] = [")
    for name, index, value, second, operator in conditions:
        print(f'        ("{name}", Rule.Argument(index: {index}, value: {value}, valueTwo: {second}, op: "{operator}")),')
    print("    ]\n}")


def words(names, indent=4):
    lines = textwrap.wrap(", ".join(f'"{name}"' for name in sorted(set(names))), 116 - indent)
    if len(lines) < 2 and len("".join(lines)) < 90:
        return "[" + "".join(lines) + "]"
    margin = "\n" + " " * (indent + 4)
    return "[" + margin + margin.join(lines) + ",\n" + " " * indent + "]"


main()
