#include <csignal>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "edge-node/tools/feed_report.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/split_named.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct FeedArguments {
    FeedOptions feed;
    std::string delay = "0";
    std::string split = "train";
    std::string output = "table";
    double rate = 0;
};

/// A live line on a terminal, else one line every ten seconds.
class Progress {
public:
    void show(const FeedNumbers& numbers) {
        const auto now = std::chrono::steady_clock::now();
        if (now < next_) return;
        next_ = now + (live_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000));
        std::fprintf(stderr, live_ ? "\r\x1b[K%s" : "%s\n", progress_line(numbers).c_str());
    }
    void end() {
        if (live_) std::fputs("\r\x1b[K", stderr);
    }

private:
    const bool live_ = ::isatty(STDERR_FILENO) != 0;
    std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
};

Result<FeedNumbers> feed(FeedArguments& arguments) {
    arguments.feed.delay = SKERRY_TRY(parse_label_delay(arguments.delay));
    arguments.feed.source.split = SKERRY_TRY(split_named(arguments.split));
    if (arguments.rate > 0) arguments.feed.rate = arguments.rate;
    Feeder feeder = SKERRY_TRY(Feeder::open(arguments.feed));
    StopSignal& stop = interrupted();
    std::signal(SIGPIPE, SIG_IGN);
    Progress progress;
    auto numbers = feeder.run([&](const FeedNumbers& now) { progress.show(now); }, stop);
    progress.end();
    return numbers;
}

int run_feed(FeedArguments& arguments) {
    const auto form = output_form_named(arguments.output);
    if (!form) return print_failure(form.error(), OutputForm::Table);
    const auto numbers = feed(arguments);
    if (!numbers) return print_failure(numbers.error(), *form);
    if (*form == OutputForm::Json) {
        print_data(summary_json(*numbers));
    } else {
        std::fputs(summary_text(*numbers).c_str(), stdout);
    }
    return 0;
}

}  // namespace

void add_feed(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<FeedArguments>();
    CLI::App* verb = app.add_subcommand("feed", "Stream labelled data into a node through its public API");
    verb->add_option("--node", arguments->feed.node, "http://127.0.0.1:8000 or unix:DIR/infer.sock")->required();
    verb->add_option("--model", arguments->feed.model, "Its name, where the address serves several models");
    verb->add_option("--data", arguments->feed.data,
                     "A folder of idx files or recordings, a file of CSV or of labelled texts, or strokes:")
        ->required();
    verb->add_option("--label-delay", arguments->delay, "When labels follow: a number of samples, or a time like 50ms")
        ->capture_default_str();
    verb->add_option("--rate", arguments->rate, "Samples a second; as fast as the node takes them if left out")
        ->check(CLI::PositiveNumber);
    verb->add_option("--limit", arguments->feed.source.limit, "At most so many samples");
    verb->add_option("--drift-at", arguments->feed.source.drift_at,
                     "From this sample on each label is the next class: a drift half-way, for instance");
    verb->add_option("--skip", arguments->feed.source.skip, "Leave out the first so many");
    verb->add_option("--classes", arguments->feed.source.classes, "Only these labels: 0,1,2")->delimiter(',');
    verb->add_option("--seed", arguments->feed.source.seed, "Of the shuffle, and of drawn data");
    verb->add_flag("--shuffle", arguments->feed.source.shuffle, "In random order");
    verb->add_option("--split", arguments->split, "train or test")->capture_default_str();
    verb->add_option("--output", arguments->output, "table or json");
    verb->callback([arguments, &exit_code] { exit_code = run_feed(*arguments); });
}

}  // namespace skerry::node
