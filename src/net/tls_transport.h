// How OpenSSL reaches a socket: straight, without buffers of its own, and without a system call where the socket is
// known to have nothing.
#pragma once

#include <openssl/types.h>

#include "net/socket.h"

namespace lazuli::net {

// The socket must live as long as the connection.
void use_socket(ssl_st* ssl, Socket& socket);

}  // namespace lazuli::net
