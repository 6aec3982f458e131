# SPDX-License-Identifier: GPL-3.0-or-later
"""How gunicorn runs the application. One process, for logins under way are kept
in its memory; threads wait for cloxxsd and cost little."""

bind = "127.0.0.1:8088"
workers = 1
threads = 16
worker_class = "gthread"
timeout = 90
# Nobody's header decides here where a request comes from: cloxxsd does.
forwarded_allow_ips = ""
limit_request_line = 2048
limit_request_fields = 50
accesslog = None
