#pragma once

#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace skerry::http {

/// A peer that sends whatever bytes a test wants, and knows just enough HTTP to tell answers apart.
class RawPeer {
public:
    explicit RawPeer(std::uint16_t port) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
        const timeval hang{.tv_sec = 30, .tv_usec = 0};
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &hang, sizeof hang);
    }

    /// False: the server has gone.
    bool send(std::string_view bytes) {
        boost::system::error_code error;
        boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), error);
        return !error;
    }
    void finish_sending() {
        boost::system::error_code ignored;
        socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    }
    void leave() { socket_.close(); }
    /// Resets the connection instead of closing it.
    void vanish() {
        socket_.set_option(boost::asio::socket_base::linger(true, 0));
        socket_.close();
    }

    /// One answer with a Content-Length, head and body; what came of it if the connection ended before.
    std::string receive_answer() {
        boost::system::error_code error;
        const std::size_t head =
            boost::asio::read_until(socket_, boost::asio::dynamic_buffer(arrived_), "\r\n\r\n", error);
        if (error) return std::exchange(arrived_, {});
        constexpr std::string_view kLength = "Content-Length: ";
        const auto length = arrived_.find(kLength);
        std::size_t whole = head;
        if (length < head) whole += std::stoul(arrived_.substr(length + kLength.size()));
        if (arrived_.size() < whole) {
            boost::asio::read(socket_, boost::asio::dynamic_buffer(arrived_),
                              boost::asio::transfer_exactly(whole - arrived_.size()), error);
        }
        std::string answer = arrived_.substr(0, whole);
        arrived_.erase(0, whole);
        return answer;
    }

    /// Everything until the server closes.
    std::string receive_to_end() {
        boost::system::error_code end;
        boost::asio::read(socket_, boost::asio::dynamic_buffer(arrived_), end);
        return std::exchange(arrived_, {});
    }

private:
    boost::asio::io_context unused_;
    boost::asio::ip::tcp::socket socket_{unused_};
    std::string arrived_;
};

}  // namespace skerry::http
