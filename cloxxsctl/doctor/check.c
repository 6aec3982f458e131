/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/check.h"

/* clang-format off */
const struct check_row check_rows[_N_CHECKS] = {
	[CHECK_SOCKET] = { "socket",
	  "Programs speak to the daemon over it; a socket in a place that "
	  "others may write may be somebody else's.",
	  "systemctl restart cloxxsd.socket cloxxsd.service" },
	[CHECK_DAEMON] = { "daemon",
	  "Without its answer nobody of Cloxxs gets in.",
	  "systemctl restart cloxxsd.service; journalctl -u cloxxsd -n 50" },
	[CHECK_VERSION] = { "version",
	  "Tools and daemon of different versions may not understand each "
	  "other.",
	  "systemctl restart cloxxsd.service" },
	[CHECK_CONFIGURATION] = { "configuration",
	  "The daemon goes on with its former settings, and would not start "
	  "with these.",
	  "cloxxsctl config check" },
	[CHECK_LEDGER] = { "ledger",
	  "What is not yet in the journal is seen by nobody who watches it.",
	  "journalctl -u cloxxsd -n 50" },
	[CHECK_NOTICE] = { "notice",
	  "Who is not told what is confidential, in words that he reads, cannot "
	  "be held to it.",
	  "cloxxsctl notice show" },
	[CHECK_ALARMS] = { "alarms",
	  "An alarm that nobody is told of is found by who happens to look.",
	  "cloxxsctl alarm list" },
	[CHECK_CODES] = { "codes",
	  "Who is asked for a code and has no way to give one gets in nowhere.",
	  "cloxxsctl factor missing" },
	[CHECK_COURIER] = { "courier",
	  "Who is asked for a code that cannot be sent does not get in, and an "
	  "alarm that cannot leave is heard by nobody.",
	  "systemctl enable --now cloxxs-courier.socket; cloxxsctl courier "
	  "status" },
	[CHECK_UNIT] = { "unit",
	  "A daemon that is not started at boot, or was given up, denies "
	  "every login.",
	  "systemctl enable --now cloxxsd.service" },
	[CHECK_UNIT_SOCKET] = { "unit-socket",
	  "The socket starts the daemon, and keeps callers waiting while it "
	  "restarts.",
	  "systemctl enable --now cloxxsd.socket" },
	[CHECK_UNIT_DROPIN] = { "unit-dropin",
	  "The unit shuts the daemon off from network and files; a drop-in "
	  "can open that again.",
	  "systemctl edit cloxxsd.service; systemctl cat cloxxsd.service" },
	[CHECK_AUDIT_CONFIRM] = { "audit-confirm",
	  "What journald took and then lost is sent again only where somebody "
	  "looks for it.",
	  "systemctl enable --now cloxxs-audit-confirm.timer" },
	[CHECK_STATE] = { "state",
	  "Who may write in the state directory may be anybody of Cloxxs; "
	  "who may read private/ has the store.",
	  "systemd-tmpfiles --create; systemctl restart cloxxsd.service" },
	[CHECK_STORE] = { "store",
	  "The store holds users and ledger; others must not read it, and "
	  "its log must not grow without end.",
	  "systemctl restart cloxxsd.service" },
	[CHECK_MAP] = { "map",
	  "Names and ids of Cloxxs are read from this file; where it is "
	  "damaged, its users are unknown to the system.",
	  "systemctl restart cloxxsd.service" },
	[CHECK_KEY] = { "key",
	  "It seals the passwords: without it the daemon does not start, and"
	  " who reads it with the store can guess them.",
	  "chown root:root /etc/cloxxs/cloxxs.key; chmod 0600 "
	  "/etc/cloxxs/cloxxs.key" },
	[CHECK_KEY_COPY] = { "key-copy",
	  "A key in the history of /etc stands wherever that history is "
	  "copied to, also after it was replaced.",
	  "cd /etc && echo cloxxs/cloxxs.key >>.gitignore && git rm --cached"
	  " cloxxs/cloxxs.key" },
	[CHECK_RECOVERY_KEY] = { "recovery-key",
	  "Where the key of the host is lost, only the recovery key opens "
	  "the store and its backups.",
	  "cloxxsctl key recovery" },
	[CHECK_BACKUP] = { "backup",
	  "What was done since the last backup is lost with the disk.",
	  "systemctl enable --now cloxxs-backup.timer; cloxxsctl backup "
	  "create" },
	[CHECK_COUNTRIES] = { "countries",
	  "Without a country database that is new enough nobody is let in by "
	  "his country.",
	  "cloxxsctl geoip update, or cloxxsctl geoip import FILE" },
	[CHECK_BREACHED] = { "breached",
	  "While the list of breached passwords that is configured cannot be "
	  "searched, nobody can choose a new password.",
	  "fetch the list again, sorted, readable by _cloxxs and written by "
	  "root alone" },
	[CHECK_PAM_MODULE] = { "pam-module",
	  "A stack that names a module which is not there cannot ask the "
	  "daemon.",
	  "reinstall the package libpam-cloxxs, or run make install again" },
	[CHECK_PAM_PROFILE] = { "pam-profile",
	  "The profile puts the module into the common-* files that most "
	  "programs include.",
	  "pam-auth-update --enable cloxxs mkhomedir" },
	[CHECK_PAM_FILE] = { "pam-file",
	  "libpam refuses, or skips, what it cannot read: a whole service "
	  "may deny everybody or ask nobody.",
	  "mend the line as pam.d(5) says" },
	[CHECK_PAM_STACK] = { "pam-stack",
	  "A denial must end the stack: whatever a later module says, a "
	  "denied user stays out.",
	  "pam-auth-update --enable cloxxs; see STACKS in pam_cloxxs(8)" },
	[CHECK_PAM_LEFTOVER] = { "pam-leftover",
	  "Former stacks lie about; somebody may put them back and leave "
	  "logins unguarded.",
	  "" },
	[CHECK_NSS_MODULE] = { "nss-module",
	  "Without the module names of Cloxxs have no ids.",
	  "reinstall the package libnss-cloxxs, or run make install again" },
	[CHECK_NSS_LINES] = { "nss-lines",
	  "Local users must win, users of Cloxxs must be found, and their "
	  "groups must be added.",
	  "write the lines as "
	  "/usr/share/doc/cloxxs/examples/nsswitch.example has them" },
	[CHECK_NSS_ANSWER] = { "nss-answer",
	  "A name that the system does not know, or knows under another id, "
	  "cannot log in.",
	  "getent passwd NAME; see libnss_cloxxs(8)" },
	[CHECK_NSS_OTHERS] = { "nss-others",
	  "A cache beside us answers with what was true a while ago: a "
	  "deleted user, a former id.",
	  "systemctl disable --now nscd" },
	[CHECK_SSHD] = { "sshd",
	  "The settings as sshd itself reads them decide how a login is "
	  "asked for.",
	  "sshd -t" },
	[CHECK_SSHD_PAM] = { "sshd-pam",
	  "Without PAM sshd asks nobody, neither for passwords nor for keys.",
	  "cp /usr/share/doc/cloxxs/examples/10-cloxxs.conf "
	  "/etc/ssh/sshd_config.d/ && sshd -t && systemctl reload ssh" },
	[CHECK_SSHD_KEYBOARD] = { "sshd-keyboard",
	  "Only here can a temporary password be replaced, a notice be shown"
	  " and a code be asked for.",
	  "cp /usr/share/doc/cloxxs/examples/10-cloxxs.conf "
	  "/etc/ssh/sshd_config.d/ && sshd -t && systemctl reload ssh" },
	[CHECK_SSHD_PASSWORD] = { "sshd-password",
	  "This mode carries one password and gives it as the answer to "
	  "every question.",
	  "PasswordAuthentication no, then: sshd -t && systemctl reload ssh" },
	[CHECK_SSHD_GRACE] = { "sshd-grace",
	  "Password, code and the choice of a new password must fit in this "
	  "time.",
	  "LoginGraceTime 180, then: sshd -t && systemctl reload ssh" },
	[CHECK_SSHD_DNS] = { "sshd-dns",
	  "A name is what the other side's DNS says; rules about places need"
	  " the address.",
	  "UseDNS no, then: sshd -t && systemctl reload ssh" },
	[CHECK_SSHD_ROOT] = { "sshd-root",
	  "root is no user of Cloxxs: nothing counts and nothing locks where"
	  " the whole world may guess at one password.",
	  "PermitRootLogin prohibit-password, then: sshd -t && systemctl "
	  "reload ssh" },
	[CHECK_SSHD_METHODS] = { "sshd-methods",
	  "A list of methods without keyboard-interactive leaves no way to "
	  "answer the daemon's questions.",
	  "AuthenticationMethods any, or publickey,keyboard-interactive:pam" },
	[CHECK_SSHD_PENALTIES] = { "sshd-penalties",
	  "sshd punishes an address for the errors of everybody behind it; "
	  "an office or VPN is one address.",
	  "PerSourcePenaltyExemptList NETWORK" },
	[CHECK_SSHD_KEYS] = { "sshd-keys",
	  "sshd runs a command for keys only where root alone can change it; "
	  "without ours nobody comes in by a key that Cloxxs keeps.",
	  "cp /usr/share/doc/cloxxs/examples/10-cloxxs.conf "
	  "/etc/ssh/sshd_config.d/ && sshd -t && systemctl reload ssh" },
	[CHECK_COLLISION] = { "collision",
	  "One name or id with two owners: the daemon refuses the user, and "
	  "files change their owner.",
	  "give one of the two another name or id" },
	[CHECK_UID_RANGE] = { "uid-range",
	  "Ids of users must be nobody else's: a container's user with the "
	  "same number owns their files.",
	  "choose another uid_range in /etc/cloxxs/cloxxsd.conf" },
	[CHECK_HOMES] = { "homes",
	  "Many programs refuse, or start in /, where the home directory is "
	  "missing.",
	  "pam-auth-update --enable mkhomedir" },
	[CHECK_SHELLS] = { "shells",
	  "A login ends at once where the shell is not there.",
	  "cloxxsctl user set NAME --shell /bin/bash" },
	[CHECK_SERVICES] = { "services",
	  "A service without a file in /etc/pam.d is asked for by nobody: a "
	  "typing error keeps a user out.",
	  "cloxxsctl user set NAME --services A,B" },
	[CHECK_APPLICATIONS] = { "applications",
	  "An application whose account is not known, or that may not say where "
	  "its users come from, lets nobody in.",
	  "editor /etc/cloxxs/cloxxsd.conf; systemctl reload cloxxsd" },
	[CHECK_ADMINISTRATOR] = { "administrator",
	  "Somebody who is not root must be able to lift locks.",
	  "cloxxsctl user add NAME --role administrator --services sshd,sudo" },
	[CHECK_ROOT] = { "root",
	  "Where the daemon fails, only a local way in is left: root on the "
	  "console, or a local user with sudo.",
	  "passwd root" },
	[CHECK_ADMINISTRATOR_NETWORKS] = { "administrator-networks",
	  "From there administrators come, and root and local accounts at "
	  "sshd: from wherever one likes is too much, from nowhere too little.",
	  "networks = NET,NET in [administrators] of "
	  "/etc/cloxxs/cloxxsd.conf, then: cloxxsctl config check && systemctl "
	  "reload cloxxsd" },
	[CHECK_CLOCK] = { "clock",
	  "Temporary passwords, codes and the ledger go by the clock.",
	  "timedatectl set-ntp true" },
	[CHECK_CLOCK_BEHIND] = { "clock-behind",
	  "What had ended by the latest time that was known stays ended: "
	  "accounts, temporary passwords, the country database.",
	  "set the clock; or, where that time was wrong: cloxxsctl clock accept "
	  "--reason TEXT" },
	[CHECK_SPACE] = { "space",
	  "What cannot be written is denied: on a full disk nobody of Cloxxs"
	  " logs in.",
	  "df -h /var/lib/cloxxs /var/log; df -i /var/lib/cloxxs" },
	[CHECK_JOURNAL] = { "journal",
	  "Who watches, watches the journal; one that is gone after a boot "
	  "tells of nothing.",
	  "mkdir -p /var/log/journal && systemctl restart systemd-journald" },
	[CHECK_PACKAGES] = { "packages",
	  "A package that is half installed leaves modules without a daemon,"
	  " or stacks without modules.",
	  "dpkg --configure -a && apt-get -f install" },
};
/* clang-format on */
