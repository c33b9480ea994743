/*
 * AF_UNIX sockets by path, of any length and without changing the working directory.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#ifndef HUSK_RUNTIME_SOCKET_H
#define HUSK_RUNTIME_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

#include "runtime/include/husk.h"

/* Connect to @name below @dir_fd (AT_FDCWD: a path). @type: SOCK_STREAM or SOCK_SEQPACKET. */
int sock_connect(int dir_fd, const char *name, int type, struct husk_error *err);
/* Bind and listen on @name below @dir_fd, mode 0600. */
int sock_listen(int dir_fd, const char *name, int type, struct husk_error *err);
/* A datagram socket at @name below @dir_fd with @mode; one that is there already is replaced. */
int sock_bind_datagram(int dir_fd, const char *name, mode_t mode, struct husk_error *err);
/* One message: @len bytes of @data and descriptor @fd. */
int sock_send_fd(int sock, const void *data, size_t len, int fd, struct husk_error *err);

/* Connect to the socket at @path and send it @fd with the text @name (console, pidfd sockets). */
int sock_hand_over(const char *path, const char *name, int fd, struct husk_error *err);

#endif /* HUSK_RUNTIME_SOCKET_H */
