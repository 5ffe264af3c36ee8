/** @file Prints the settings table for the README, to be pasted between its two settings markers. */
import { settingsTable } from "../support/settings-table.js";

process.stdout.write(`${settingsTable()}\n`);
