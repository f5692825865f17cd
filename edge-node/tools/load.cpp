#include "edge-node/tools/load.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <memory>
#include <poll.h>
#include <string_view>
#include <utility>

#include "common/base/random.hpp"
#include "common/http/dialled_socket.hpp"
#include "common/http/response_reader.hpp"
#include "edge-node/tools/load_requests.hpp"
#include "edge-node/tools/output.hpp"

namespace skerry::node {
namespace {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

constexpr std::chrono::seconds kAnswerTime{30};
constexpr std::chrono::milliseconds kConnectTime{5000};
constexpr std::size_t kResponseBytesMax = std::size_t{1} << 20U;
/// Sleeping costs more than waiting for so long on the processor, and what it costs would count as the node's.
constexpr std::chrono::microseconds kSpinTime{100};

/// When requests are due: a Poisson process, which is what many clients that know nothing of each other make together.
class Schedule {
public:
    Schedule(double rate, std::uint64_t seed, Instant from) : rate_(rate), random_(seed), next_(from) { step(); }

    [[nodiscard]] Instant next() const { return next_; }
    void step() {
        const std::chrono::duration<double> gap(-std::log(1 - random_.uniform()) / rate_);
        next_ += std::chrono::duration_cast<Clock::duration>(gap);
    }

private:
    double rate_;
    Random random_;
    Instant next_;
};

std::unique_ptr<http::ResponseReader> next_reader() {
    return std::make_unique<http::ResponseReader>(kResponseBytesMax, false);
}

struct Connection {
    http::DialledSocket socket;
    std::unique_ptr<http::ResponseReader> reader = next_reader();
    std::string unread{};
    std::optional<Instant> due{};  ///< of the request that it waits for
};

class Load {
public:
    Load(const LoadOptions& options, std::vector<std::string> requests)
        : options_(options), requests_(std::move(requests)) {}

    Result<> connect() {
        const http::Address address = SKERRY_TRY(http::parse_address(options_.node));
        for (std::size_t i = 0; i < options_.connections; ++i)
            connections_.push_back(Connection{SKERRY_TRY(http::DialledSocket::dial(address, kConnectTime))});
        for (const Connection& connection : connections_)
            polled_.push_back({.fd = connection.socket.descriptor(), .events = POLLIN, .revents = 0});
        return {};
    }

    Result<> run(const StopSignal& stop) {
        const Instant began = Clock::now();
        const Instant end = began + options_.time;
        std::optional<Schedule> schedule;
        if (options_.rate) schedule.emplace(*options_.rate, options_.seed, began);
        last_answer_ = began;
        while (true) {
            const Instant now = Clock::now();
            const bool over = now >= end || stop.raised();
            for (; schedule && !over && schedule->next() <= now; schedule->step())
                due_.push_back(schedule->next());
            if (!schedule && !over) due_.resize(std::max(due_.size(), idle()), now);
            if (over && !schedule) due_.clear();
            SKERRY_TRY(send_due());
            if (over && due_.empty() && idle() == connections_.size()) break;
            if (now - std::max(last_answer_, last_sent_) > kAnswerTime && idle() < connections_.size()) {
                return fail(ErrorCode::Unavailable, options_.node + " has not answered for 30 s");
            }
            wait_until(schedule && !over ? schedule->next() : now + kAnswerTime);
            SKERRY_TRY(receive_all());
        }
        numbers_.elapsed = last_answer_ - began;
        std::sort(numbers_.latencies.begin(), numbers_.latencies.end());
        return {};
    }

    LoadNumbers take_numbers() { return std::move(numbers_); }

private:
    [[nodiscard]] std::size_t idle() const { return connections_.size() - under_way_; }

    Result<> send_due() {
        for (Connection& connection : connections_) {
            if (due_.empty()) break;
            if (connection.due) continue;
            connection.due = due_.front();
            due_.pop_front();
            ++under_way_;
            last_sent_ = Clock::now();
            const std::string& request = requests_[sent_++ % requests_.size()];
            if (connection.socket.send(request, {}, last_sent_ + kAnswerTime) != http::DialledSocket::Outcome::Done)
                return gone();
        }
        return {};
    }

    void wait_until(Instant until) {
        const Instant now = Clock::now();
        const bool soon = under_way_ > 0 && now - last_sent_ < kSpinTime;
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - now - kSpinTime);
        const auto time = soon ? 0 : std::max(left, std::chrono::nanoseconds(0)).count();
        const timespec limit{.tv_sec = time / 1'000'000'000, .tv_nsec = time % 1'000'000'000};
        ::ppoll(polled_.data(), polled_.size(), &limit, nullptr);
    }

    Result<> receive_all() {
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            if (polled_[i].revents != 0) SKERRY_TRY(receive(connections_[i]));
        }
        return {};
    }

    Result<> receive(Connection& connection) {
        std::array<char, 16 * 1024> room{};
        std::size_t count = 0;
        const auto outcome = connection.socket.receive(room, count, Clock::now() + kAnswerTime);
        if (outcome != http::DialledSocket::Outcome::Done || !connection.due) return gone();
        connection.unread.append(room.data(), count);
        connection.unread.erase(0, connection.reader->feed(connection.unread));
        if (connection.reader->state() == http::ResponseReader::State::Refused) {
            return fail(ErrorCode::InvalidInput, "the answer of " + options_.node + " " + connection.reader->problem());
        }
        if (connection.reader->state() == http::ResponseReader::State::Complete) {
            take_answer(connection.reader->take(), *std::exchange(connection.due, std::nullopt));
            --under_way_;
            connection.reader = next_reader();
        }
        return {};
    }

    /// Looks only for what it counts: to read all of an answer would slow the clock's own thread.
    void take_answer(const http::Response& answer, Instant due) {
        last_answer_ = Clock::now();
        if (answer.status == 503) {
            ++numbers_.refused;
        } else if (answer.status != 200) {
            if (numbers_.errors++ == 0) numbers_.first_error = error_sentence(answer.status, answer.body);
        } else {
            const std::string_view body = answer.body;
            numbers_.latencies.push_back(last_answer_ - due);
            if (body.find("\"skerry_anytime\":true") != body.npos) ++numbers_.anytime;
            if (options_.deadline && last_answer_ - due > *options_.deadline) ++numbers_.late;
            for (std::size_t tier = 0; tier < kTiers; ++tier) {
                const std::string said = "\"skerry_tier\":\"" + std::string(name_of(static_cast<Tier>(tier))) + '"';
                if (body.find(said) != body.npos) ++numbers_.answered_by[tier];
            }
        }
    }

    Result<> gone() const {
        return fail(ErrorCode::Unavailable, options_.node + " has closed a connection: has it been stopped?");
    }

    const LoadOptions& options_;
    const std::vector<std::string> requests_;
    std::vector<Connection> connections_;
    std::vector<pollfd> polled_;  ///< one a connection
    std::deque<Instant> due_;     ///< of requests that found no free connection yet
    std::size_t under_way_ = 0;
    std::size_t sent_ = 0;
    Instant last_sent_{};
    Instant last_answer_{};
    LoadNumbers numbers_;
};

}  // namespace

double LoadNumbers::rate() const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(latencies.size()) / seconds : 0;
}

std::chrono::nanoseconds LoadNumbers::quantile(double share) const {
    if (latencies.empty()) return std::chrono::nanoseconds(0);
    const auto last = static_cast<double>(latencies.size() - 1);
    return latencies[static_cast<std::size_t>(std::lround(share * last))];
}

Result<LoadNumbers> run_load(const LoadOptions& options, const StopSignal& stop) {
    Load load(options, SKERRY_TRY(load_requests(options)));
    SKERRY_TRY(load.connect());
    SKERRY_TRY(load.run(stop));
    return load.take_numbers();
}

}  // namespace skerry::node
