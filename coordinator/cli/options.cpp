#include "coordinator/cli/options.hpp"

#include <charconv>
#include <optional>

#include "common/base/ids.hpp"
#include "common/config/units.hpp"

namespace skerry::cli {

namespace {

std::optional<std::uint64_t> whole_number(const std::string& text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

/// CLI11's errors end inside cli.cpp, where the parse call is.
[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw CLI::ValidationError(name, why);
}

/// "value" of "--limit,-n" or "number".
std::string shown_name(const std::string& name) {
    return name.substr(0, name.find(','));
}

}  // namespace

CLI::Option* add_number(CLI::App& verb, const std::string& name, std::uint64_t& target, const std::string& help) {
    const auto read = [&target, shown = shown_name(name)](const std::string& text) {
        const auto number = whole_number(text);
        if (!number || *number == 0) refuse(shown, "'" + text + "' is no whole number from 1");
        target = *number;
    };
    return verb.add_option_function<std::string>(name, read, help)->type_name("N");
}

CLI::Option* add_duration(CLI::App& verb, const std::string& name, std::chrono::milliseconds& target,
                          std::chrono::milliseconds shortest, const std::string& help) {
    const auto read = [&target, shortest, shown = shown_name(name)](const std::string& text) {
        const auto duration = config::parse_duration(text);
        if (!duration) refuse(shown, duration.error().message);
        if (*duration < shortest) refuse(shown, "'" + text + "' is shorter than " + config::to_text(shortest));
        target = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
    };
    return verb.add_option_function<std::string>(name, read, help)->type_name("TIME");
}

CLI::Option* add_tier(CLI::App& verb, const std::string& name, std::string& target, const std::string& help) {
    const auto read = [&target, shown = shown_name(name)](const std::string& text) {
        if (!tier_named(text)) refuse(shown, "'" + text + "' is no tier: it is light, medium or heavy");
        target = text;
    };
    return verb.add_option_function<std::string>(name, read, help)->type_name("TIER");
}

CLI::Option* add_choice(CLI::App& verb, const std::string& name, NumberOrNewest& target, const std::string& help) {
    const auto read = [&target, shown = shown_name(name)](const std::string& text) {
        const auto number = whole_number(text);
        if (text != "newest" && (!number || *number == 0)) {
            refuse(shown, "'" + text + "' is neither a whole number from 1 nor 'newest'");
        }
        target = text == "newest" ? std::nullopt : number;
    };
    return verb.add_option_function<std::string>(name, read, help)->type_name("N|newest")->required();
}

CLI::Option* add_text(CLI::App& verb, const std::string& name, std::string& target, const std::string& help) {
    const auto read = [&target, shown = shown_name(name)](const std::string& text) {
        if (text.empty()) refuse(shown, "it is empty");
        target = text;
    };
    return verb.add_option_function<std::string>(name, read, help)->type_name("TEXT");
}

}  // namespace skerry::cli
