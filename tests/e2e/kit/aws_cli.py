"""The real `aws` programs, asked beside a gateway: a shell whose `aws` speaks to the gateway.

Debian's program knows no endpoint variable, so `aws` is a function that adds the option; everything
else in a script stands as it does in the guides.
"""
import os
import shutil
from pathlib import Path

ENDPOINT = "http://127.0.0.1:1043"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "unused",
               "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_CONFIG_FILE": "/dev/null",
               "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
DEBIAN = "/usr/bin/aws"

COLLECT = r"""
aws logs filter-log-events --output json --no-paginate --log-group-name DiscrimiNAT """ \
    r"""--log-stream-names flow --filter-pattern '{$.dhost != "" && """ \
    r"""$.see_thru_gid = '$SECURITY_GROUP_ID' && $.see_thru_exerted is true}' """ \
    r"""--start-time $(date --date '2 hours ago' +%s000) | jq '[.events[].message | fromjson]' """ \
    r"""| dd of=frequency-fqdns.json
"""
COUNT = r"""
cat frequency-fqdns.json | jq --raw-output 'group_by(.dhost) | map(.[0] + """ \
    r"""{"count": length}) | sort_by(.count) | reverse | [.[].dhost] | @csv' | tr --delete '"'
"""

PROGRAMS = ["debian", "other"]


def find_program(kind):
    """Debian's program, or a newer generation beside it; None when there is none."""
    if kind == "debian":
        return DEBIAN
    found = shutil.which("aws", path=os.environ.get("DN_AWS_PATH", os.environ["PATH"]))
    return found if found and Path(found).resolve() != Path(DEBIAN).resolve() else None


def make_shell(namespace, program, folder):
    """run(script, **environment) -> Outcome, in `folder`."""
    def run(script, timeout=60, **environment):
        text = (f"aws() {{ command {program} --endpoint-url {ENDPOINT} \"$@\"; }}\n"
                f"set -o pipefail\ncd {folder}\n{script}")
        return namespace.run("bash", "-c", text, timeout=timeout,
                             env={**CREDENTIALS, **environment})
    return run
