/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>
#include <unictype.h>
#include <unistr.h>

#include "base/text.h"
#include "base/utf8.h"

#define EXTENDED_VALIDATION "2.23.140.1.1"

static void free_x509(X509 **x509)
{
	X509_free(*x509);
}

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void free_policies(CERTIFICATEPOLICIES **policies)
{
	CERTIFICATEPOLICIES_free(*policies);
}

/* Neither controls, nor what turns the line around or is not seen, nor what is
 * no character. */
static bool is_shown(ucs4_t character)
{
	const uint32_t shown = UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
			       UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P |
			       UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_Zs;

	return uc_is_general_category_withtable(character, shown) &&
	       !uc_is_property_default_ignorable_code_point(character);
}

static bool is_plain(const char *name, size_t n)
{
	const uint8_t *at = (const uint8_t *)name;
	const uint8_t *end = at + n;
	ucs4_t character;

	if (n >= CERTIFICATE_NAME_SIZE || !utf8_is_text(name, n))
		return false;
	while (at < end) {
		at += u8_mbtouc(&character, at, (size_t)(end - at));
		if (!is_shown(character))
			return false;
	}
	return true;
}

/* As it is, where that is text that can be shown, and fits. */
static void add_name(struct text *text, const char *name, size_t n)
{
	if (is_plain(name, n))
		text_add_bytes(text, name, n);
	else
		text_add_escaped(text, name, n);
}

/* The last name of its kind, which is the most particular one. */
static void read_name(const X509_NAME *name, int nid,
		      char ret_name[static CERTIFICATE_NAME_SIZE])
{
	int at = -1, next;
	unsigned char *utf8 = NULL;
	struct text text;
	int n;

	text_init(&text, ret_name, CERTIFICATE_NAME_SIZE);
	while ((next = X509_NAME_get_index_by_NID(name, nid, at)) >= 0)
		at = next;
	if (at < 0)
		return;
	n = ASN1_STRING_to_UTF8(
		&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n > 0)
		add_name(&text, (const char *)utf8, (size_t)n);
	OPENSSL_free(utf8);
}

static bool read_time(const ASN1_TIME *time, int64_t *ret_s)
{
	struct tm tm = { 0 };

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*ret_s = timegm(&tm);
	return true;
}

static void read_policies(const X509 *x509, struct certificate *certificate)
{
	scope(free_policies) CERTIFICATEPOLICIES *policies =
		X509_get_ext_d2i(x509, NID_certificate_policies, NULL, NULL);
	struct text text;

	text_init(&text, certificate->policies, sizeof(certificate->policies));
	for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
		const POLICYINFO *policy = sk_POLICYINFO_value(policies, i);
		char oid[80] = "";

		if (OBJ_obj2txt(oid, sizeof(oid), policy->policyid, 1) <= 0 ||
		    strlen(oid) == sizeof(oid) - 1)
			continue;
		if (strcmp(oid, EXTENDED_VALIDATION) == 0)
			certificate->has_extended_validation = true;
		if (text.n > 0)
			text_add(&text, ", ");
		text_add(&text, oid);
	}
	if (certificate->organization[0] == '\0')
		certificate->has_extended_validation = false;
}

static int read_x509(const X509 *x509, struct certificate *ret_certificate)
{
	const X509_NAME *subject = X509_get_subject_name(x509);
	const X509_NAME *issuer = X509_get_issuer_name(x509);
	struct certificate certificate = { 0 };

	if (!read_time(X509_get0_notBefore(x509), &certificate.begins) ||
	    !read_time(X509_get0_notAfter(x509), &certificate.ends))
		return CERTIFICATE_E_UNREADABLE;
	read_name(subject, NID_commonName, certificate.subject);
	read_name(subject, NID_organizationName, certificate.organization);
	read_name(issuer, NID_commonName, certificate.issuer);
	if (certificate.issuer[0] == '\0')
		read_name(issuer, NID_organizationName, certificate.issuer);
	read_policies(x509, &certificate);
	*ret_certificate = certificate;
	return 0;
}

int certificate_read(const char *pem, struct certificate *ret_certificate)
{
	scope(free_bio) BIO *bio = BIO_new_mem_buf(pem, -1);
	scope(free_x509) X509 *x509 = NULL;
	int r = CERTIFICATE_E_UNREADABLE;

	if (!bio)
		return -ENOMEM;
	/* No password is asked for: "" is one. */
	x509 = PEM_read_bio_X509(bio, NULL, NULL, (char[]){ "" });
	if (x509)
		r = read_x509(x509, ret_certificate);
	ERR_clear_error();
	return r;
}
