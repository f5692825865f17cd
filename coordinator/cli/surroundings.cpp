#include "coordinator/cli/surroundings.hpp"

#include <cstdlib>
#include <iostream>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace skerry::cli {

namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

Charset charset_of_locale() {
    // setlocale(3): the first of these that is set and not empty decides.
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view locale = variable(name);
        if (locale.empty()) continue;
        for (const std::string_view spelling : {"UTF-8", "utf8", "utf-8", "UTF8"}) {
            if (locale.find(spelling) != std::string_view::npos) return Charset::Utf8;
        }
        return Charset::Ascii;
    }
    return Charset::Ascii;
}

std::size_t terminal_width() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

}  // namespace

Surroundings surroundings_of_process() {
    Surroundings found;
    if (const auto directory = variable("SKERRY_DIR"); !directory.empty()) found.directory = directory;
    found.style.charset = charset_of_locale();
    if (isatty(STDOUT_FILENO) == 1) {
        found.style.colour = variable("NO_COLOR").empty() && variable("TERM") != "dumb";
        found.style.width = terminal_width();
    }
    if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) found.answers = &std::cin;
    return found;
}

}  // namespace skerry::cli
