"use strict";

// The data stand in the page as JSON; which page it is they say themselves.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (data.diff) diffPage(data); else if (data.host) hostPage(data); else imagePage(data);
  document.documentElement.dataset.ready = "true";
})();
