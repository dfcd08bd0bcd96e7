"""Speaks to uec-live through the MLLP client of the PyPI `hl7` library.

    hl7_client.py HOST PORT admit|transfer|discharge|cancel

`admit` registers two patients in the adult emergency department; `transfer` moves the first to eye
casualty; `discharge` ends the first visit; `cancel` takes the second registration back. Exits with 1
unless every answer is AA.
"""

import datetime
import sys

import hl7
from hl7.client import MLLPClient

STEPS = {
    "admit": [("A01", "peer-1", "LRIED"), ("A04", "peer-2", "LRIED")],
    "transfer": [("A02", "peer-1", "LRIEYE")],
    "discharge": [("A03", "peer-1", "LRIEYE")],
    "cancel": [("A11", "peer-2", "LRIED")],
}


def message(trigger, visit, place):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d%H%M%S+0000")
    disposition = "1" if trigger == "A03" else ""
    pv1 = [""] * 46
    pv1[0], pv1[2], pv1[3], pv1[19] = "PV1", "E", f"{place}^^^RWE", visit
    pv1[36], pv1[45] = disposition, now if trigger == "A03" else ""
    return "\r".join(
        [
            f"MSH|^~\\&|UHLPAS|RWE|UECLIVE|LLR|{now}||ADT^{trigger}|{visit}-{trigger}|P|2.4",
            f"EVN|{trigger}|{now}||||{now}",
            f"PID|1||{visit}^^^RWE^MR",
            "|".join(pv1),
        ]
    ) + "\r"


def main():
    host, port, step = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with MLLPClient(host, port) as client:
        for trigger, visit, place in STEPS[step]:
            raw = client.send_message(message(trigger, visit, place)).decode()
            answer = hl7.parse(raw.strip("\x0b\x1c\r") + "\r")
            code, control = str(answer.segment("MSA")[1]), str(answer.segment("MSA")[2])
            print(f"{trigger} {visit}: {code} {control}")
            if code != "AA" or control != f"{visit}-{trigger}":
                print(raw.replace("\r", "\n"), file=sys.stderr)
                sys.exit(1)


main()
