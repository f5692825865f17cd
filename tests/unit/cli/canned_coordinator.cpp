#include "tests/unit/cli/canned_coordinator.hpp"

#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/http/server.hpp"
#include "coordinator/cli/humanise.hpp"

namespace skerry::cli {

TimePoint test_now() {
    return *parse_time("2026-03-01T12:00:00Z");
}

Ran run(const std::vector<std::string>& words, Surroundings surroundings) {
    std::vector<const char*> args;
    for (const auto& word : words)
        args.push_back(word.c_str());
    surroundings.now = test_now();
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_cli(args, out, err, surroundings);
    return {code, out.str(), err.str()};
}

struct CannedCoordinator::State {
    http::Response answer(const http::Request& request) {
        std::string question = request.method + ' ' + request.path;
        char separator = '?';
        for (const auto& [key, value] : request.query) {
            question += std::exchange(separator, '&') + key + '=' + value;
        }
        const std::lock_guard lock(mutex);
        questions.push_back(request.body.empty() ? question : question + ' ' + request.body);
        const auto found = responses.find(question);
        if (found != responses.end()) return found->second;
        http::Response missing;
        missing.status = 404;
        missing.body = R"({"schema_version":1,"status":"error","error_code":"not_found","message":"there is no )" +
                       request.path + R"("})";
        return missing;
    }

    mutable std::mutex mutex;
    std::map<std::string, http::Response> responses;
    std::vector<std::string> questions;
    std::vector<http::Respond> unanswered;  // loop thread only

    boost::asio::io_context loop;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
    std::unique_ptr<http::Server> server;
    std::thread thread;
};

CannedCoordinator::CannedCoordinator() : state_(std::make_unique<State>()) {
    State& state = *state_;
    const auto handle = [&state](const http::Request& request, const http::Respond& respond) {
        http::Response response = state.answer(request);
        if (response.status == 0) return state.unanswered.push_back(respond);
        respond(std::move(response));
    };
    state.server = std::make_unique<http::Server>(state.loop, http::ServerOptions{}, handle);
    const auto listening = state.server->listen_unix(folder_.path() / "admin.sock");
    SKERRY_ASSERT(listening);
    state.thread = std::thread([&state] { state.loop.run(); });
}

CannedCoordinator::~CannedCoordinator() {
    state_->loop.stop();
    state_->thread.join();
    state_->unanswered.clear();
    state_->server.reset();
}

void CannedCoordinator::answers(const std::string& request, const std::string& data) {
    answers_with(request, 200, R"({"schema_version":1,"status":"ok","data":)" + data + '}');
}

void CannedCoordinator::answers_with(const std::string& request, int status, const std::string& body,
                                     const std::string& content_type) {
    http::Response response;
    response.status = status;
    response.body = body;
    response.content_type = content_type;
    const std::lock_guard lock(state_->mutex);
    state_->responses[request] = std::move(response);
}

void CannedCoordinator::refuses(const std::string& request, int status, const std::string& code,
                                const std::string& message, const std::string& hint) {
    const nlohmann::ordered_json envelope = {
        {"schema_version", 1}, {"status", "error"}, {"error_code", code}, {"message", message}, {"hint", hint}};
    answers_with(request, status, envelope.dump());
}

void CannedCoordinator::stays_silent_on(const std::string& request) {
    answers_with(request, 0, {});
}

Ran CannedCoordinator::run(std::vector<std::string> words, Surroundings surroundings) const {
    surroundings.directory = folder();
    return cli::run(words, std::move(surroundings));
}

std::vector<std::string> CannedCoordinator::questions() const {
    const std::lock_guard lock(state_->mutex);
    return state_->questions;
}

bool is_one_document(const std::string& text) {
    // accept() takes one document and white space, and nothing after it.
    return nlohmann::json::accept(text) && !text.empty() && text.back() == '\n';
}

}  // namespace skerry::cli
