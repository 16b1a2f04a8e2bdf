"""The way from see-thru to an allowlist, as the guides describe it."""
from kit import aws_cli, zone as z
from kit.gateway import default_config

SEE_THRU = "sg-00replaceme00"
APPLICATION = ["https://allowed.test/", "https://git.test/", "https://mine.wild.test/"]


def test_an_allowlist_grows_from_see_thru(lab, own_gateway, tmp_path):
    """Attach see-thru, let the application run, collect, write rules, detach."""
    shell = aws_cli.make_shell(lab.gw, aws_cli.DEBIAN, tmp_path)

    def runs():
        return all(lab.curl(url, client="c2").ok for url in APPLICATION)
    config = default_config()
    config.groups["sg-app"] = []
    config.groups[SEE_THRU] = [("discriminat:see-thru:2999-12-31", 443)]
    config.clients[z.CLIENTS["c2"]] = ["sg-app", SEE_THRU]
    gateway = own_gateway(config)
    assert runs()
    gateway.pause_until_quiet()
    collected = shell(aws_cli.COLLECT + aws_cli.COUNT, SECURITY_GROUP_ID=SEE_THRU)
    names = collected.text.strip().splitlines()[-1]
    assert set(names.split(",")) == {"allowed.test", "git.test", "mine.wild.test"}
    config.groups["sg-app"] = [f"discriminat:tls:{names}"]
    gateway.apply(gid="sg-app", addr="allowed.test", outcome="accepted")
    gateway.flow.skip()
    assert runs()
    gateway.pause_until_quiet()
    later = gateway.flow.all(see_thru_gid=SEE_THRU)
    assert later and not any(record["see_thru_exerted"] for record in later)
    config.clients[z.CLIENTS["c2"]] = ["sg-app"]
    gateway.apply(cat="client", client=z.CLIENTS["c2"])
    assert runs()
    assert not lab.curl("https://unlisted.test/", client="c2").ok
