"""The terminal's way in: `python -m enumlab VERB`, or `enumlab VERB` once it is installed."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence

from enumlab.errors import LabError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit status.

    Returns:
        0 where all is well, 1 where the answer is "no" (no URI, a broken machine), 2 for words
        that cannot be understood.
    """
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except LabError as error:
        print(f"enumlab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="enumlab", description="Learn ENUM (RFC 6116) on a real DNS server."
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    serve = verbs.add_parser("serve", help="run a DNS server until Ctrl-C")
    serve.add_argument("zone", nargs="?", default="playground", help="a name or a master file")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, help="UDP and TCP port; 10164 if free, else any")
    serve.add_argument("--rotation", default="random", help="random, cyclic or none")
    serve.set_defaults(run=_serve)

    ask = verbs.add_parser("ask", help="look a number up, step by step")
    ask.add_argument("number", nargs="+", help="a telephone number, such as +61 3 5550 0912")
    ask.add_argument("--server", metavar="HOST:PORT", help="default: the playground, in memory")
    ask.add_argument("--service", default="sip", help="the Enumservice wanted")
    ask.add_argument("--suffix", default="e164.arpa.", help="the domain to look in")
    ask.add_argument("--region", help="such as AU, for a number in national form")
    ask.set_defaults(run=_ask)

    split = verbs.add_parser("split", help="shares of calls by preference")
    split.add_argument("preference", nargs="+", type=int, help="such as 100 100 200")
    split.add_argument("--calls", type=int, help="simulate this many calls as well")
    split.add_argument("--seed", type=int, default=1, help="of the simulation")
    split.set_defaults(run=_split)

    doctor = verbs.add_parser("doctor", help="does this machine have what the course needs?")
    doctor.set_defaults(run=_doctor)

    export = verbs.add_parser("export", help="write what a real server needs: bind")
    export.add_argument("server", choices=["bind"], help="named.conf, zone and Dockerfile")
    export.add_argument("folder", metavar="DIR", help="where to; made if it is not there")
    export.add_argument("--zone", default="playground", help="a name or a master file")
    export.add_argument("--force", action="store_true", help="write over files that are there")
    export.set_defaults(run=_export)

    # Their options are read there; with another prefix, argparse hands them on as they are.
    lint = verbs.add_parser(
        "lint", help="look for what is wrong with a zone", prefix_chars="+", add_help=False
    )
    lint.add_argument("words", nargs=argparse.REMAINDER)
    lint.set_defaults(run=_lint)

    notebooks = verbs.add_parser(
        "notebooks", help="run, link and check the notebooks", prefix_chars="+", add_help=False
    )
    notebooks.add_argument("words", nargs=argparse.REMAINDER)
    notebooks.set_defaults(run=_notebooks)

    for verb, purpose in (
        ("progress", "what is done, or with --merge a class's table"),
        ("solutions", "write the notebooks solved"),
        ("assignment", "write the notebooks for nbgrader"),
    ):
        course = verbs.add_parser(verb, help=purpose, prefix_chars="+", add_help=False)
        course.add_argument("words", nargs=argparse.REMAINDER)
        course.set_defaults(run=_course, verb=verb)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    from enumlab.server import serve

    with serve(
        arguments.zone, host=arguments.host, port=arguments.port, rotation=arguments.rotation
    ) as server:
        numbers = (owner for owner in server.zone.owners if owner[0].isdigit())
        example = next(numbers, server.zone.origin)
        print(f"Zone {server.zone.origin} is served. Ctrl-C stops it. In another terminal, try:")
        print(f"dig @{server.host} -p {server.port} naptr {example}", flush=True)
        threading.Event().wait()
    return 0


def _ask(arguments: argparse.Namespace) -> int:
    from enumlab.client import ask
    from enumlab.responder import Responder
    from enumlab.zone import Zone

    answer = ask(
        " ".join(arguments.number),
        arguments.server or Responder(Zone.named("playground")),
        service=arguments.service,
        suffix=arguments.suffix,
        region=arguments.region,
    )
    width = max(len(step.title) for step in answer.steps)
    for step in answer.steps:
        note = f"  ({step.note})" if step.note else ""
        value = step.value.replace("\n", "\n" + " " * (width + 2))
        print(f"{step.title:{width}}  {value}{note}")
    return 0 if answer.uris else 1


def _split(arguments: argparse.Namespace) -> int:
    from enumlab.show.terminal import split_text

    print(split_text(arguments.preference, arguments.calls, seed=arguments.seed))
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from enumlab.peers.export import export_bind
    from enumlab.zone import Zone

    known = arguments.zone in Zone.names()
    zone = Zone.named(arguments.zone) if known else Zone.from_file(arguments.zone)
    for path in export_bind(zone, arguments.folder, force=arguments.force):
        print(path)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from enumlab.doctor import examine

    findings = examine()
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        print(f"{finding.state:8} {finding.what:{width}}  {finding.seen}")
        if finding.cure:
            print(f"{'':8} {'':{width}}  {finding.cure}")
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def _lint(arguments: argparse.Namespace) -> int:
    from enumlab.linting.terminal import main as lint

    return lint(arguments.words)


def _notebooks(arguments: argparse.Namespace) -> int:
    from enumlab.notebooks import main as notebooks

    return notebooks(arguments.words)


def _course(arguments: argparse.Namespace) -> int:
    from enumlab.exercises import terminal

    verbs = {
        "progress": terminal.progress,
        "solutions": terminal.solutions,
        "assignment": terminal.assignment,
    }
    return verbs[arguments.verb](arguments.words)


if __name__ == "__main__":
    sys.exit(main())
