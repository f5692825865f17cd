#pragma once

#include <string>
#include <thread>
#include <utility>  // Boost 1.74's Asio needs it first
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace skerry::http {

/// Takes one connection for each script, one after the other: reads a request's header, sends the script, closes.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> scripts)
        : scripts_(std::move(scripts)), thread_([this] { run(); }) {}
    ~ScriptedServer() {
        if (thread_.joinable()) thread_.join();
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] std::string address() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    /// The headers of the requests, one a connection; waits until all scripts have been played.
    [[nodiscard]] const std::vector<std::string>& requests() {
        thread_.join();
        return requests_;
    }

private:
    void run() {
        for (const std::string& script : scripts_) {
            boost::asio::ip::tcp::socket peer = acceptor_.accept();
            boost::system::error_code ignored;
            std::string request;
            boost::asio::read_until(peer, boost::asio::dynamic_buffer(request), "\r\n\r\n", ignored);
            requests_.push_back(request);
            boost::asio::write(peer, boost::asio::buffer(script), ignored);
        }
    }

    boost::asio::io_context unused_;
    boost::asio::ip::tcp::acceptor acceptor_{unused_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::vector<std::string> scripts_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

}  // namespace skerry::http
