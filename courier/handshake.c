/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/handshake.h"

#include <openssl/ssl.h>

/* In an alert: its level, and what it is about (RFC 8446, section 6). */
#define ALERT_SIZE 2

static void see_ours(struct handshake *handshake, int type,
		     const unsigned char *bytes, size_t n)
{
	if (type == SSL3_RT_HANDSHAKE && n > 0 &&
	    bytes[0] == SSL3_MT_CLIENT_HELLO)
		handshake->is_greeted = true;
	/* An answer in another version is one that we may not take. */
	if (type == SSL3_RT_ALERT && n == ALERT_SIZE &&
	    bytes[0] == SSL3_AL_FATAL && bytes[1] != SSL_AD_PROTOCOL_VERSION)
		handshake->is_ours = true;
}

static void on_message(int is_ours, int version, int type, const void *bytes,
		       size_t n, SSL *ssl, void *userdata)
{
	struct handshake *handshake = userdata;

	(void)version;
	(void)ssl;
	if (is_ours)
		see_ours(handshake, type, bytes, n);
}

static CURLcode on_context(CURL *easy, void *context, void *userdata)
{
	struct curl_tlssessioninfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
	    !info || info->backend != CURLSSLBACKEND_OPENSSL)
		return CURLE_ABORTED_BY_CALLBACK;
	/* What openssl.cnf keeps this host from says nothing of the server. */
	SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
					       SSL_OP_NO_TLSv1_2 |
					       SSL_OP_NO_TLSv1_3);
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_msg_callback(context, on_message);
	SSL_CTX_set_msg_callback_arg(context, userdata);
	return CURLE_OK;
}

CURLcode handshake_hold(struct handshake *handshake, CURL *easy, long version)
{
	CURLcode code = curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);

	*handshake = (struct handshake){ 0 };
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSLVERSION, version);
	/* Old versions have ciphers that are not spoken otherwise. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST,
					"DEFAULT:@SECLEVEL=0");
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
					on_context);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, handshake);
	return code;
}

bool handshake_is_refused(const struct handshake *handshake)
{
	return handshake->is_greeted && !handshake->is_ours;
}
