"""Started by hand, it prints what to set, and serves what was set."""

import subprocess
import sys

import groq

from tests.support.project import ROOT


def test_it_prints_the_variables_to_set_and_serves() -> None:
    command = [sys.executable, "-m", "tests.loopback.server", "--port", "0", "--answers", "bad"]
    process = subprocess.Popen(
        [*command, "--key", "mine", "--fault-kinds", "429,cut"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        exports = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        try:
            with groq.Groq(
                api_key=exports["GROQ_API_KEY"], base_url=exports["GROQ_BASE_URL"]
            ) as client:
                reply = client.chat.completions.create(
                    model="any", messages=[{"role": "user", "content": "What?"}]
                )
        finally:
            process.terminate()
    assert exports["GROQ_API_KEY"] == "mine"
    assert exports["OPENAI_BASE_URL"] == exports["GROQ_BASE_URL"] + "/v1"
    assert "[97]" in (reply.choices[0].message.content or "")
