"""The Terraform module: formatted, valid, and laid out as its own tests say.

Skipped where there is no terraform, or no AWS provider for it: here from /opt/tf-plugins, elsewhere
from where terraform finds it. Nothing is created; the provider of the module's tests pretends.
"""
import shutil
from pathlib import Path

import pytest
from packing import ROOT, run

PLUGINS = Path("/opt/tf-plugins")


@pytest.fixture(scope="module")
def terraform(tmp_path_factory):
    """A function (folder, words…) -> (status, output), over a copy of packaging/."""
    program = shutil.which("terraform")
    if not program:
        pytest.skip("there is no terraform")
    top = tmp_path_factory.mktemp("terraform")
    shutil.copytree(ROOT / "packaging", top / "packaging")

    def call(folder, *words):
        return run(program, f"-chdir={top}/packaging/terraform/{folder}", *words,
                   TF_DATA_DIR=f"{top}/data-{folder or 'module'}", CHECKPOINT_DISABLE="1",
                   TF_CLI_CONFIG_FILE="/dev/null")
    return call


def ready(terraform, folder):
    plugins = [f"-plugin-dir={PLUGINS}"] if PLUGINS.exists() else []
    status, text = terraform(folder, "init", "-input=false", "-no-color", "-backend=false",
                             *plugins)
    if status != 0:
        pytest.skip(f"terraform finds no AWS provider: {text[-200:]}")


def test_the_module_is_formatted(terraform):
    status, text = terraform(".", "fmt", "-check", "-recursive", "-diff")
    assert status == 0, text


def test_the_example_is_valid(terraform):
    ready(terraform, "example")
    status, text = terraform("example", "validate", "-no-color")
    assert status == 0, text


def test_the_layout_is_what_its_tests_say(terraform):
    ready(terraform, "")
    status, text = terraform("", "test", "-no-color")
    assert status == 0 and "0 failed" in text, text
