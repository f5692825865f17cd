#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <zmq.hpp>

#include "common/base/limits.hpp"

// What this machine needs at the least to move the bytes of a round: once over loopback, with CURVE and in the clear,
// as raw ZeroMQ frames of the protocol's chunk size that nobody looks at, and once into a file that is on the disk when
// it is done. Prints a line of JSON with medians.
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct CurveKeys {
    char open[41] = {}, secret[41] = {};
    CurveKeys() {
        if (zmq_curve_keypair(open, secret) != 0) throw zmq::error_t();
    }
};

enum class Curve : bool { No, Yes };

/// Two contexts, as two processes have: each with an I/O thread that encrypts or decrypts.
double copy(std::size_t bytes, Curve curve) {
    const CurveKeys server, client;
    zmq::context_t there, here;
    zmq::socket_t router(there, zmq::socket_type::router), dealer(here, zmq::socket_type::dealer);
    if (curve == Curve::Yes) {
        router.set(zmq::sockopt::curve_server, true);
        router.set(zmq::sockopt::curve_secretkey, server.secret);
        dealer.set(zmq::sockopt::curve_serverkey, server.open);
        dealer.set(zmq::sockopt::curve_publickey, client.open);
        dealer.set(zmq::sockopt::curve_secretkey, client.secret);
    }
    router.set(zmq::sockopt::rcvhwm, 0);
    router.bind("tcp://127.0.0.1:*");
    dealer.set(zmq::sockopt::sndhwm, 0);
    dealer.set(zmq::sockopt::linger, 0);
    dealer.connect(router.get(zmq::sockopt::last_endpoint));
    zmq::message_t sender, frame;
    dealer.send(zmq::message_t(1), zmq::send_flags::none);  // once it is here, the handshake is over
    if (!router.recv(sender) || !router.recv(frame)) throw zmq::error_t();

    const auto begin = Clock::now();
    std::jthread sending([&] {
        for (std::size_t left = bytes; left > 0;) {
            const std::size_t part = std::min(left, skerry::limits::kChunkBytes);
            zmq::message_t chunk(part);
            std::fill_n(chunk.data<char>(), part, 'x');
            dealer.send(chunk, zmq::send_flags::none);
            left -= part;
        }
    });
    for (std::size_t arrived = 0; arrived < bytes;) {
        if (!router.recv(sender) || !router.recv(frame)) throw zmq::error_t();
        arrived += frame.size();
    }
    return seconds_since(begin);
}

double synced_write(const std::string& path, std::size_t bytes) {
    const std::vector<char> chunk(skerry::limits::kChunkBytes, 'x');
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool whole = file >= 0;
    const auto begin = Clock::now();
    for (std::size_t left = bytes; whole && left > 0;) {
        const std::size_t part = std::min(left, chunk.size());
        whole = ::write(file, chunk.data(), part) == static_cast<ssize_t>(part);
        left -= part;
    }
    whole = whole && ::fdatasync(file) == 0;
    const double seconds = seconds_since(begin);
    if (!whole) {
        std::perror(("floors-bench: writing " + path).c_str());
        std::exit(1);
    }
    ::close(file);
    ::unlink(path.c_str());
    return seconds;
}

template <class Run>
double median_of(int repeats, const Run& run) {
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i)
        times.push_back(run());
    std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
    return times[static_cast<std::size_t>(repeats) / 2];
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "What moving so many bytes costs at the least: over loopback, with CURVE and in the clear, and to the disk"};
    std::size_t bytes = 40'000'000;
    int repeats = 5;
    std::string folder = ".";
    app.add_option("--bytes", bytes, "How many")->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000'000}));
    app.add_option("--repeats", repeats, "Medians of so many")->check(CLI::Range(1, 1000));
    app.add_option("--dir", folder, "On the disk that is asked about");
    CLI11_PARSE(app, argc, argv);

    const double curve = median_of(repeats, [&] { return copy(bytes, Curve::Yes); });
    const double plain = median_of(repeats, [&] { return copy(bytes, Curve::No); });
    const double disk = median_of(repeats, [&] { return synced_write(folder + "/floors-bench.tmp", bytes); });
    std::printf(R"({"bytes":%zu,"curve_seconds":%.4f,"plain_seconds":%.4f,"fsync_seconds":%.4f})"
                "\n",
                bytes, curve, plain, disk);
}
