#include "edge-node/learning/learner_socket.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "edge-node/learning/learner_wire.hpp"

namespace skerry::node::learner_wire {
namespace {

tl::unexpected<Error> broken(const char* what) {
    return fail(ErrorCode::Unavailable,
                std::string(what) + " the learner's socket: " + std::generic_category().message(errno));
}

union ControlBuffer {
    cmsghdr alignment;
    char bytes[CMSG_SPACE(sizeof(int))];
};

}  // namespace

Result<> send_frame(int socket, ByteView frame, std::optional<int> passed_fd) {
    // sendmsg(2) does not write through this pointer.
    iovec piece{const_cast<std::byte*>(frame.data()), frame.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    if (passed_fd) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &*passed_fd, sizeof(int));
    }
    ssize_t sent = -1;
    do
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != static_cast<ssize_t>(frame.size())) return broken("writing to");
    return {};
}

Result<ReceivedFrame> receive_frame(int socket) {
    ReceivedFrame received;
    received.bytes.resize(kFrameBytesMax);
    iovec piece{received.bytes.data(), received.bytes.size()};
    ControlBuffer control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    ssize_t count = -1;
    do
        count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count < 0) return broken("reading from");
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
        received.passed_fd = fd;
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        if (received.passed_fd) ::close(*received.passed_fd);
        return fail(ErrorCode::InvalidInput, "a frame on the learner's socket is too long");
    }
    received.bytes.resize(static_cast<std::size_t>(count));
    return received;
}

}  // namespace skerry::node::learner_wire
