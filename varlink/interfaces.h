/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Interfaces: the texts of the .varlink files of this folder, which are their
 * one source: varlink/interfaces.c is made from them when building.
 */

extern const char varlink_io_systemd_UserDatabase[];
extern const char varlink_nl_cloxxs_Access[];
extern const char varlink_nl_cloxxs_Admin[];
extern const char varlink_nl_cloxxs_Audit[];
extern const char varlink_nl_cloxxs_Courier[];
extern const char varlink_nl_cloxxs_Login[];
extern const char varlink_org_varlink_service[];
