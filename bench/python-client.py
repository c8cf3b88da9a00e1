"""The yardstick: the smallest client that does the job, in the manner of the original skill.

One file, standard library only. Reads the stream line by line; for each message opens, appends to and closes
inbox_pushed.md (the payload) and conversations.md (one record). Nothing is synced, nothing is checked.

usage: python3 python-client.py RELAY_URL TOKEN FOLDER
"""

import os
import re
import sys
import time
import urllib.request

url, token, folder = sys.argv[1:4]
INBOX = os.path.join(folder, "inbox_pushed.md")
CONVERSATIONS = os.path.join(folder, "conversations.md")
SEPARATOR = "─" * 40
SENDER = re.compile("发件人：(.*?)（ID:([0-9]+)）")


def keep(lines):
    payload = "\n".join(lines)
    utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with open(INBOX, "a", encoding="utf-8") as file:
        file.write(f"[{utc}]\n{payload}\n{SEPARATOR}\n")
    name, peer = SENDER.search(payload).groups()
    content = payload.split("\n内容：", 1)[1].replace("\n", "\\n")
    with open(CONVERSATIONS, "a", encoding="utf-8") as file:
        file.write(f"[{utc}] from=#{peer}({name}) type=chat content={content}\n")


request = urllib.request.Request(url + "/stream", headers={"Accept": "text/event-stream", "X-Token": token})
with urllib.request.urlopen(request) as stream:
    event, data = "message", []
    for raw in stream:
        line = raw.decode("utf-8").rstrip("\n")
        if line.startswith("data: "):
            data.append(line[6:])
        elif line.startswith("event: "):
            event = line[7:]
        elif line == "":
            if data and event == "message":
                keep(data)
            event, data = "message", []
