/*
 * The network that somebody asks for, in words: what its readers share.
 *
 * Uses: net.h.    Used by: words.c, lists.c.
 */
#ifndef HUSK_NAMESPACES_NET_WORDS_H
#define HUSK_NAMESPACES_NET_WORDS_H

#include "namespaces/net/net.h"

/* What is being read: the head of messages about it, a JSON pointer if it starts with "/". */
struct net_word {
	struct arena *arena;
	const char *where, *text;
};

/* "WHERE: "TEXT": ..."; returns -EINVAL. */
int net_wrong(const struct net_word *w, struct husk_error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The whole of --network. */
int net_read_words(struct ns_network *n, struct net_word *w, struct husk_error *err);

#endif /* HUSK_NAMESPACES_NET_WORDS_H */
