#include "coordinator/cli/present.hpp"

namespace skerry::cli {

namespace {

template <class Held, class Shown>
std::string shown_or_absent(const Held& held, Shown&& shown) {
    return held ? shown(*held) : kAbsent;
}

std::optional<TimePoint> time_of(Value value) {
    const auto text = value.text();
    return text ? parse_time(*text) : std::nullopt;
}

}  // namespace

std::string text_in(Value value) {
    const auto text = value.text();
    if (!text || text->empty()) return kAbsent;
    return *text;
}

std::string count_in(Value value) {
    return shown_or_absent(value.count(), human_count);
}

std::string restored_in(Value version) {
    const std::string from = version["restores_from"].text().value_or("light");
    return "the weights of version " + count_in(version["restores"]) +
           (from == "light" ? "" : " from " + from + " on") + " again";
}

std::string bytes_in(Value value) {
    return shown_or_absent(value.count(), human_bytes);
}

std::string digest_in(Value value) {
    const auto text = value.text();
    if (!text || text->empty()) return kAbsent;
    return short_digest(*text);
}

std::string number_in(Value value) {
    return shown_or_absent(value.number(), human_number);
}

std::string percent_in(Value fraction) {
    return shown_or_absent(fraction.number(), human_percent);
}

std::string percent_of(Value part, double whole) {
    const auto number = part.number();
    if (!number || !(whole > 0)) return kAbsent;
    return human_percent(*number / whole);
}

std::string microseconds_in(Value value) {
    return shown_or_absent(value.number(), human_microseconds);
}

std::string age_in(Value time, TimePoint now) {
    return shown_or_absent(time_of(time), [now](TimePoint moment) { return human_age(moment, now); });
}

std::string span_in(Value from, Value to) {
    const auto first = time_of(from);
    const auto last = time_of(to);
    return first && last ? human_duration(*last - *first) : kAbsent;
}

std::string time_in(Value time, TimePoint now) {
    return shown_or_absent(
        time_of(time), [now](TimePoint moment) { return human_time(moment) + " (" + human_age(moment, now) + ')'; });
}

std::string head_in(Value journal) {
    const auto entries = journal["entries"].count();
    return entries ? std::to_string(*entries) + ':' + text_in(journal["head"]) : kAbsent;
}

std::string presence_in(Value value) {
    if (const auto flag = value.flag()) return *flag ? "yes" : "no";
    return bytes_in(value);
}

Cell state_in(Value state) {
    const std::string word = text_in(state);
    Tone tone = Tone::Plain;
    if (word == "published" || word == "active" || word == "connected" || word == "usable") tone = Tone::Good;
    if (word == "open" || word == "frozen" || word == "away" || word == "quarantined") tone = Tone::Warning;
    if (word == "abandoned" || word == "revoked" || word == "expired") tone = Tone::Bad;
    return {word, tone};
}

}  // namespace skerry::cli
