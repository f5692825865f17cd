#include "common/observe/log.hpp"

#include <array>
#include <charconv>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "common/observe/log_text.hpp"

namespace skerry::observe::log {

namespace {

class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit CallbackSink(Sink receiver) : receiver_(std::move(receiver)) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        receiver_(std::string_view(line.data(), line.size() - 1));  // without the line break
    }
    void flush_() override {}

    Sink receiver_;
};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warning:
            return spdlog::level::warn;
        case Level::Error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::unique_ptr<spdlog::logger> make_logger(Level level, Sink sink) {
    std::shared_ptr<spdlog::sinks::sink> target;
    if (sink) {
        target = std::make_shared<CallbackSink>(std::move(sink));
    } else {
        target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    auto logger = std::make_unique<spdlog::logger>("skerry", std::move(target));
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                                                                      spdlog::pattern_time_type::utc, "\n"));
    logger->set_level(spdlog_level(level));
    logger->flush_on(spdlog::level::warn);
    return logger;
}

std::unique_ptr<spdlog::logger>& logger() {
    static auto* instance = new std::unique_ptr<spdlog::logger>(make_logger(Level::Info, {}));  // outlives all statics
    return *instance;
}

template <class Number>
std::string number_text(Number number) {
    std::array<char, 32> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

struct ToText {
    std::string operator()(std::string_view text) const { return value_text(text); }
    std::string operator()(const std::string& text) const { return value_text(text); }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    template <class Number>
    std::string operator()(Number number) const {
        return number_text(number);
    }
};

}  // namespace

Result<Level> level_named(std::string_view name) {
    if (name == "debug") return Level::Debug;
    if (name == "info") return Level::Info;
    if (name == "warning") return Level::Warning;
    if (name == "error") return Level::Error;
    return fail(ErrorCode::InvalidInput, "no log level " + value_text(name) + ": use debug, info, warning or error");
}

std::string Value::to_text() const {
    return std::visit(ToText{}, value_);
}

void initialise(Level level, Sink sink) {
    logger() = make_logger(level, std::move(sink));
}

void event(Level level, std::string_view name, Fields fields) {
    if (!logger()->should_log(spdlog_level(level))) return;
    std::string line = "event=" + key_text(name);
    for (const auto& [key, value] : fields)
        line += ' ' + key_text(key) + '=' + value.to_text();
    logger()->log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace skerry::observe::log
