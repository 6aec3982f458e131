# SPDX-License-Identifier: GPL-3.0-or-later
"""A TPM made of software (swtpm) inside a machine, in the place of a device.

systemd takes it by SYSTEMD_TPM2_DEVICE, which must stand in the environment of
its process 1 (ENVIRONMENT, when the machine is made) and of systemd-creds, to
which cloxxsctl hands no environment. No kernel keeps its sessions apart, and it
has room for three: it is switched off and on before each use.
"""

DEVICE = "swtpm:host=127.0.0.1,port=2321"
ENVIRONMENT = {"SYSTEMD_TPM2_DEVICE": DEVICE}
STATE = "/var/lib/software-tpm"
CREDS = "/usr/bin/systemd-creds"
# One that goes off without a word takes that for an attack in the end.
UNIT = f"""[Unit]
Before=cloxxsd.service
StartLimitIntervalSec=0
[Service]
Type=forking
StateDirectory=software-tpm
ExecStart=/usr/bin/swtpm socket --daemon --tpm2 --tpmstate dir={STATE} \
--server type=tcp,port=2321 --ctrl type=tcp,port=2322 \
--flags not-need-init,startup-clear
ExecStop=/usr/bin/tpm2_shutdown -T {DEVICE} --clear
[Install]
WantedBy=multi-user.target
"""
# Its port is free a moment after it went off, or not yet.
WITH_DEVICE = f"""#!/bin/sh
for _ in 1 2 3 4 5 6 7 8 9; do
	systemctl restart software-tpm.service && break
done
SYSTEMD_TPM2_DEVICE={DEVICE} exec {CREDS}.real "$@"
"""


def install(machine):
    machine.apt("install", "--no-install-recommends", "swtpm", "tpm2-tools")
    machine.write("/etc/systemd/system/software-tpm.service", UNIT)
    machine.run("systemctl", "enable", "--now", "software-tpm.service")
    machine.run("mv", CREDS, CREDS + ".real")
    machine.write(CREDS, WITH_DEVICE, "0755")


def renew(machine):
    machine.run("systemctl", "restart", "software-tpm.service")


def exchange(machine):
    """Another TPM; called again, the first one."""
    machine.shell(f"""
        systemctl stop software-tpm.service
        mv {STATE} {STATE}.now
        [ ! -d {STATE}.other ] || mv {STATE}.other {STATE}
        mv {STATE}.now {STATE}.other
        systemctl start software-tpm.service""")
