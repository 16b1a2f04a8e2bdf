"""What these tests share: where the tree is, and a command with its output."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command, **env):
    """(status, output)"""
    done = subprocess.run([str(x) for x in command], text=True, check=False,
                          env=dict(os.environ, LC_ALL="C.UTF-8", **env),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout
