"""Fixtures of the end-to-end tests: one laboratory per run, one ordinary gateway per module.

Tests that kill, restart or starve a gateway make their own (`own_gateway`). Without root or without
the binary everything that needs it fails; nothing is skipped silently. A test that leaves a process
or namespace behind fails the session at its end.
"""
import os
import resource

import pytest

from kit import cloud as cloud_kit
from kit.gateway import binary, default_config
from kit.lab import Lab


def pytest_configure(config):
    config.addinivalue_line("markers", "bounds: memory bounds under thousands of connections")
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests make network namespaces: run them as root", returncode=2)
    # Thousands of clients; a login shell may open 1024 files.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.fixture(scope="session")
def lab():
    made = Lab()
    yield made
    made.close()
    assert made.leaks() == []


@pytest.fixture(scope="session")
def product():
    path = binary()
    if not path.exists():
        pytest.fail(f"{path} is missing: build the release preset first")
    return path


@pytest.fixture(scope="module")
def module_gateway(request, lab, product):
    """The gateway that a module shares; a module-level CONFIG() replaces the default policy."""
    config = getattr(request.module, "CONFIG", default_config)()
    made = lab.gateway(config)
    yield made
    status = made.stop()
    made.flush()
    assert status == 0, made.output_text()


@pytest.fixture
def gateway(module_gateway):
    """The module's gateway, its logs set to now."""
    assert module_gateway.alive, f"the gateway died earlier\n{module_gateway.output_text()}"
    module_gateway.flow.skip()
    module_gateway.config_log.skip()
    yield module_gateway
    assert module_gateway.alive, f"the gateway died\n{module_gateway.output_text()}"


@pytest.fixture
def own_gateway(lab, product):
    """A maker of gateways that only this test uses."""
    made = []

    def make(config=None, **options):
        made.append(lab.gateway(config, **options))
        return made[-1]
    yield make
    for gateway in made:
        gateway.flush()


@pytest.fixture
def truth(lab):
    """A maker of recording servers that end with the test."""
    made = []

    def make(*words, **options):
        made.append(lab.truth(*words, **options))
        return made[-1]
    yield make
    for server in made:
        server.close()


@pytest.fixture
def zone(lab):
    """Changes DNS entries for one test: zone({name: entry}); they are put back afterwards."""
    before = {}

    def change(entries):
        for name in entries:
            before.setdefault(name, lab.dns.entries.get(name))
        lab.update_zone(entries)
    yield change
    lab.update_zone(before)


@pytest.fixture(scope="module")
def bare_cloud(lab):
    """An account without anything but the laboratory's network, for a module to furnish."""
    if why := cloud_kit.missing():
        pytest.skip(why)
    made = cloud_kit.Cloud(lab)
    yield made
    made.close()
