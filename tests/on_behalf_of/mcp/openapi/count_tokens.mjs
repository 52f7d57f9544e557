// Reads a text from standard input, and prints how many tokens OpenAI's o200k_base makes of it. The ranks are shipped.
import { readFileSync } from "node:fs";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";

process.stdout.write(String(countTokens(readFileSync(0, "utf-8"))));
